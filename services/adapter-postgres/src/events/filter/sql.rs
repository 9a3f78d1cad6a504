//! Conditions in SQL.

use std::fmt;

/// A condition that is true or false, and never NULL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::events) enum Sql {
    /// Always the same.
    Always(bool),
    /// A condition.
    Of(String),
}

impl Sql {
    pub(in crate::events) const TRUE: Self = Self::Always(true);
    pub(in crate::events) const FALSE: Self = Self::Always(false);

    pub(super) fn of(sql: String) -> Self {
        Self::Of(sql)
    }

    pub(super) fn all(conditions: Vec<Self>) -> Self {
        Self::join(conditions, true, " AND ")
    }

    pub(super) fn any(conditions: Vec<Self>) -> Self {
        Self::join(conditions, false, " OR ")
    }

    pub(super) fn not(self) -> Self {
        match self {
            Self::Always(holds) => Self::Always(!holds),
            Self::Of(sql) => Self::Of(format!("NOT ({sql})")),
        }
    }

    /// `empty` is the answer of no condition, and changes nothing beside others.
    fn join(conditions: Vec<Self>, empty: bool, with: &str) -> Self {
        let mut parts = Vec::new();
        for condition in conditions {
            match condition {
                Self::Always(holds) if holds == empty => {}
                Self::Always(holds) => return Self::Always(holds),
                Self::Of(sql) => parts.push(sql),
            }
        }
        match parts.len() {
            0 => Self::Always(empty),
            1 => Self::Of(parts.remove(0)),
            _ => Self::Of(format!("({})", parts.join(with))),
        }
    }
}

impl fmt::Display for Sql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Always(holds) => holds.fmt(f),
            Self::Of(sql) => f.write_str(sql),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_always_so_is_left_out_or_decides() {
        let of = |sql: &str| Sql::of(sql.to_owned());
        assert_eq!(Sql::all(vec![of("a"), Sql::TRUE, of("b")]), of("(a AND b)"));
        assert_eq!(Sql::all(vec![of("a"), Sql::FALSE]), Sql::FALSE);
        assert_eq!(Sql::any(vec![of("a"), Sql::FALSE]), of("a"));
        assert_eq!(Sql::any(vec![of("a"), Sql::TRUE]), Sql::TRUE);
        assert_eq!(of("a").not(), of("NOT (a)"));
    }
}
