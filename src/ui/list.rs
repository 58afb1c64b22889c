//! Children that follow a list.

use super::{
    element::{El, effect},
    focus,
    scene::{Scene, use_scene},
};
use leptos::prelude::*;
use std::cell::RefCell;

/// A child with the key of its item. Its effects and listeners end with it.
struct Child<K> {
    key: K,
    element: El,
    owner: Owner,
}

impl El {
    /// Has one child for each item, in their order. As with `<For>`, a child stays for as long as there is an item of its
    /// key: it is never drawn anew, nor moved when others come and go.
    pub fn each<T, K>(
        self,
        items: impl Fn() -> Vec<T> + 'static,
        key: impl Fn(&T) -> K + 'static,
        view: impl Fn(T) -> Self + 'static,
    ) -> Self
    where
        T: 'static,
        K: PartialEq + 'static,
    {
        let (parent, scene, scope) = (self.clone(), use_scene(), Owner::new());
        let children: RefCell<Vec<Child<K>>> = RefCell::default();
        effect(move || {
            let items = items();
            let keys: Vec<K> = items.iter().map(&key).collect();
            let mut children = children.borrow_mut();
            children.retain(|child| {
                let stays = keys.contains(&child.key);
                if !stays {
                    remove(scene, child);
                }
                stays
            });
            let same = children.iter().zip(&keys).take_while(|(child, key)| child.key == **key).count();
            let mut others = children.split_off(same);
            for (item, key) in items.into_iter().zip(keys).skip(same) {
                let child = match others.iter().position(|child| child.key == key) {
                    Some(at) => others.remove(at),
                    None => {
                        let owner = scope.child();
                        let element = owner.with(|| untrack(|| view(item)));
                        Child { key, element, owner }
                    }
                };
                parent.append(child.element.dom());
                children.push(child);
            }
            others.iter().for_each(|child| remove(scene, child));
            if children.is_empty() {
                // It remembers those that have gone, too.
                scope.cleanup();
            }
        });
        self
    }
}

fn remove<K>(scene: Scene, child: &Child<K>) {
    focus::leave(scene, child.element.dom());
    child.owner.cleanup();
    child.element.dom().remove();
}
