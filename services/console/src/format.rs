//! Values, ages and times as people read them.

mod age;
mod duration;
mod number;
mod value;

pub(crate) use age::ago;
pub(crate) use duration::duration;
pub(crate) use number::count;
pub(crate) use value::{Scale, Shown};
