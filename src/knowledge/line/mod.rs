//! The knowledge module's side: looks up what one widget asks, and holds the answer against it.

mod web;

pub use web::Line;
