//! Where the visitor writes. Enter sends, Shift+Enter breaks the line, and Stop stands in Send's place while an answer
//! is on its way; what is written meanwhile stays.

use super::{Scene, icons, web};
use crate::chat::{Event, Phase};
use leptos::{ev, html, prelude::*};

pub(super) fn composer(scene: Scene) -> impl IntoView {
    let (text, look, phase, accepts, written) = (scene.text, scene.look, scene.phase, scene.accepts, scene.written);
    let field = NodeRef::<html::Textarea>::new();
    field.on_load(move |element| scene.composer.with_value(|composer| composer.watch(element)));
    let read = move || scene.composer.with_value(web::Composer::read);
    let send = move || {
        if accepts.get_untracked() {
            scene.happen(Event::Send(read()));
        }
    };
    // There is nothing to stop while the visitor is asked, nor anything in the way of a question while an engine is
    // rebuilt behind an answer that failed.
    let busy = Memo::new(move |_| match phase.get() {
        Phase::Idle | Phase::Consent { .. } => false,
        Phase::Loading { .. } | Phase::Thinking | Phase::Answering => !accepts.get(),
    });
    html::div().class("foot").child((
        html::div().class("composer").attr("part", "composer").child((
            html::div().class("composer__field").child(
                html::textarea()
                    .node_ref(field)
                    .rows("1")
                    .dir("auto")
                    .placeholder(text.placeholder)
                    .aria_label(text.composer)
                    .attr("enterkeyhint", "send")
                    .on(ev::input, move |_| {
                        let draft = read();
                        written.set(!draft.trim().is_empty());
                        scene.happen(Event::Draft(draft));
                    })
                    .on(ev::keydown, move |key| {
                        if web::sends(&key) {
                            key.prevent_default();
                            send();
                        }
                    }),
            ),
            move || match busy.get() {
                true => html::button()
                    .r#type("button")
                    .class("send send--stop")
                    .attr("part", "send")
                    .aria_label(text.stop)
                    .title(text.stop)
                    .on(ev::click, move |_| {
                        scene.happen(Event::Stop);
                        scene.composer.with_value(web::Composer::focus);
                    })
                    .child(icons::stop())
                    .into_any(),
                false => html::button()
                    .r#type("button")
                    .class("send")
                    .attr("part", "send")
                    .aria_label(text.send)
                    .title(text.send)
                    .disabled(move || !written.get() || !accepts.get())
                    .on(ev::click, move |_| send())
                    .child(icons::up())
                    .into_any(),
            },
        )),
        html::p()
            .class("disclaimer")
            .dir("auto")
            .child(move || look.get().disclaimer.unwrap_or_else(|| text.disclaimer.to_owned())),
    ))
}
