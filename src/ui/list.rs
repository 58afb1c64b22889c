//! Children that follow a list.

use super::{
    element::{El, effect},
    focus,
    scene::{Scene, use_scene},
};
use leptos::prelude::*;
use std::cell::RefCell;

/// A child with the key of its item. Its effects and listeners end with it.
struct Child {
    key: String,
    element: El,
    owner: Owner,
}

/// The children of an element, one for each item. It has no type of its own for each list: that is 2 to 5 KB.
struct Children {
    parent: El,
    scene: Scene,
    /// What their owners belong to.
    scope: Owner,
    drawn: RefCell<Vec<Child>>,
}

impl El {
    /// Has one child for each item, in their order. As with `<For>`, a child stays while there is an item of its
    /// key: it is never drawn anew, nor moved when others come and go.
    pub fn each<T: 'static>(
        self,
        items: impl Fn() -> Vec<T> + 'static,
        key: impl Fn(&T) -> String + 'static,
        view: impl Fn(T) -> Self + 'static,
    ) -> Self {
        let children =
            Children { parent: self.clone(), scene: use_scene(), scope: Owner::new(), drawn: RefCell::default() };
        effect(move || {
            let items = items();
            let keys = items.iter().map(&key).collect();
            let mut items: Vec<Option<T>> = items.into_iter().map(Some).collect();
            children.follow(keys, &mut |at| items.get_mut(at).and_then(Option::take).map(&view));
        });
        self
    }
}

impl Children {
    /// Makes them those of `keys`; `draw` draws the one at an index, once.
    fn follow(&self, keys: Vec<String>, draw: &mut dyn FnMut(usize) -> Option<El>) {
        let mut drawn = self.drawn.borrow_mut();
        drawn.retain(|child| {
            let stays = keys.contains(&child.key);
            if !stays {
                self.remove(child);
            }
            stays
        });
        let same = drawn.iter().zip(&keys).take_while(|(child, key)| child.key == **key).count();
        let mut others = drawn.split_off(same);
        for (at, key) in keys.into_iter().enumerate().skip(same) {
            let child = match others.iter().position(|child| child.key == key) {
                Some(at) => others.remove(at),
                None => {
                    let owner = self.scope.child();
                    let Some(element) = owner.with(|| untrack(|| draw(at))) else { continue };
                    Child { key, element, owner }
                }
            };
            self.parent.append(child.element.dom());
            drawn.push(child);
        }
        others.iter().for_each(|child| self.remove(child));
        if drawn.is_empty() {
            // It remembers those that have gone, too.
            self.scope.cleanup();
        }
    }

    fn remove(&self, child: &Child) {
        focus::leave(self.scene, child.element.dom());
        child.owner.cleanup();
        child.element.dom().remove();
    }
}
