//! What a chart asks for, and the arithmetic between what is stored and what is drawn. Pure.

mod combine;
mod fold;
mod function;
mod question;
mod rate;
mod resolution;
mod rule_text;
mod span;

pub(crate) use combine::{Combine, combine};
pub(crate) use fold::{fold, maxima};
pub(crate) use function::Function;
pub(crate) use question::{
    Compare, Given, Group, POINTS, Question, range_parameters, range_parameters_of_api,
};
pub(crate) use rate::{per_second, reach_back};
pub(crate) use resolution::{Origin, Resolution};
pub(crate) use rule_text::{NoRule, rule_text};
pub(crate) use span::{Over, Range, Span};
