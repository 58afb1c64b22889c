//! The remote module's side: does what one widget asks, and tells it what comes of it.

mod web;

pub use web::Line;
