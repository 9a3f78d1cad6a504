//! Parameters of a statement that is made for one query.

use tokio_postgres::types::{ToSql, Type};

/// Parameters, which follow others. Nothing that was sent becomes a part of the statement's text.
pub(in crate::events) struct Params {
    others: usize,
    values: Vec<(Box<dyn ToSql + Send + Sync>, Type)>,
}

impl Params {
    /// Parameters that follow `others`.
    pub(in crate::events) fn after(others: usize) -> Self {
        Self { others, values: Vec::new() }
    }

    /// Adds a value; returns its name in the statement.
    pub(in crate::events) fn add(&mut self, value: impl ToSql + Send + Sync + 'static, of: Type) -> String {
        self.values.push((Box::new(value), of));
        format!("${}", self.others + self.values.len())
    }

    pub(in crate::events) fn text(&mut self, text: impl Into<String>) -> String {
        self.add(text.into(), Type::TEXT)
    }

    /// All parameters of the statement, after the others.
    pub(in crate::events) fn with<'p>(
        &'p self,
        others: &[(&'p (dyn ToSql + Sync), Type)],
    ) -> Vec<(&'p (dyn ToSql + Sync), Type)> {
        debug_assert_eq!(others.len(), self.others);
        let own = self.values.iter().map(|(value, of)| (&**value as &(dyn ToSql + Sync), of.clone()));
        others.iter().cloned().chain(own).collect()
    }
}
