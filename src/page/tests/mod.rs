//! The controller among fakes: an engine, a module with real attempts and a real challenge in it, a network, a site, a
//! screen, and a clock that only moves when nothing is left to do.

mod builtin;
mod fake;
mod matrix;
mod ports;
mod scenarios;
mod world;
