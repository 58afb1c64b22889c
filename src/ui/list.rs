//! Children that follow a list.

use super::{
    element::{El, effect},
    focus,
    scene::{Face, Scene, use_scene},
};
use leptos::prelude::*;
use std::cell::RefCell;

/// A child with the key of its item. Its effects and listeners end with it.
struct Child {
    key: u32,
    element: El,
    owner: Owner,
}

/// The children of an element, one for each item.
struct Children {
    parent: El,
    scene: Scene,
    /// What their owners belong to.
    scope: Owner,
    drawn: RefCell<Vec<Child>>,
}

impl El {
    /// Has one child for each key, in their order. As with `<For>`, a child stays while there is its key: it is never
    /// drawn anew, nor moved when others come and go. `view` draws the child of a key, once.
    pub fn each(
        self,
        keys: impl Fn(&Face) -> Vec<u32> + 'static,
        view: impl Fn(u32) -> Option<Self> + 'static,
    ) -> Self {
        let scene = use_scene();
        let children = Children { parent: self.clone(), scene, scope: Owner::new(), drawn: RefCell::default() };
        effect(Box::new(move || {
            if let Some(keys) = scene.read(&keys) {
                children.follow(&keys, &view);
            }
        }));
        self
    }
}

impl Children {
    /// Makes them those of `keys`.
    fn follow(&self, keys: &[u32], view: &dyn Fn(u32) -> Option<El>) {
        let mut drawn = self.drawn.borrow_mut();
        drawn.retain(|child| {
            let stays = keys.contains(&child.key);
            if !stays {
                self.remove(child);
            }
            stays
        });
        let same = drawn.iter().zip(keys).take_while(|(child, key)| child.key == **key).count();
        let mut others = drawn.split_off(same);
        for &key in keys.iter().skip(same) {
            let child = match others.iter().position(|child| child.key == key) {
                Some(at) => others.remove(at),
                None => {
                    let owner = self.scope.child();
                    let Some(element) = owner.with(|| view(key)) else { continue };
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
