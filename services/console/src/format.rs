//! Values, ages and times as people read them.

mod age;
mod clock;
mod cut;
mod duration;
mod number;
mod value;

pub(crate) use age::{age, ago};
pub(crate) use clock::clock;
pub(crate) use cut::cut;
pub(crate) use duration::duration;
pub(crate) use number::count;
pub(crate) use value::{Scale, Shown};
