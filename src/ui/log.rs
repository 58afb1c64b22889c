//! The conversation's log: greeting, messages, and the card of what is being waited for.

use super::{Scene, Waiting, consent::consent, icons, progress::progress, web::Scroller};
use leptos::{ev, html, prelude::*};

pub(super) fn log(scene: Scene, messages: web_sys::HtmlElement) -> impl IntoView {
    let (text, look, empty, behind) = (scene.text, scene.look, scene.empty, scene.behind);
    let (scrolled, list) = (NodeRef::<html::Div>::new(), NodeRef::<html::Div>::new());
    scrolled.on_load(move |element| scene.scroller.with_value(|scroller| scroller.watch(element.into())));
    list.on_load(move |element| {
        messages.set_class_name("messages");
        let _never_fails = element.prepend_with_node_1(&messages);
    });
    let waiting = scene.waiting();
    html::div().class("log-frame").child((
        html::div()
            .node_ref(scrolled)
            .class("log")
            .attr("part", "log")
            // Whole answers are announced elsewhere; a live log would read out every token.
            .role("log")
            .attr("aria-live", "off")
            .aria_label(text.log)
            .tabindex("0")
            .on(ev::scroll, move |_| scene.scroller.with_value(Scroller::scrolled))
            .child(html::div().node_ref(list).class("log__inside").child((
                move || {
                    empty.get().then(|| {
                        html::div().class("greeting").child((
                            html::div().class("greeting__mark").child(icons::spark()),
                            html::p()
                                .dir("auto")
                                .child(move || look.get().greeting.unwrap_or_else(|| text.greeting.to_owned())),
                        ))
                    })
                },
                move || match waiting.get() {
                    Waiting::No => ().into_any(),
                    Waiting::Consent => consent(scene).into_any(),
                    Waiting::Loading => progress(scene).into_any(),
                },
            ))),
        html::button()
            .r#type("button")
            .class("newest")
            .aria_label(text.newest)
            .hidden(move || !behind.get())
            .on(ev::click, move |_| scene.scroller.with_value(Scroller::return_to_end))
            .child(icons::down()),
    ))
}
