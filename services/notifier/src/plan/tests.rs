//! The planner over time: named scenes, and any sequence of events against a model.

mod acknowledged;
mod model;
mod scenes;
mod world;
