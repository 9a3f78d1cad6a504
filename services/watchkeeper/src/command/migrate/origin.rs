//! The source of a migration.

use crate::cli::MigrateArgs;
use crate::command::data_dir::data_dir;
use anyhow::{Context as _, anyhow, bail, ensure};
use std::fmt;
use std::path::PathBuf;
use watchkeeper_config::Secret;

/// What `--from` accepts.
const EXPECTED: &str = "must be embedded:DIR, or postgres://[USER[:PASSWORD]@]HOST[:PORT]/DATABASE for the samples of \
                        the previous platform";
/// Why rollups of the previous platform are not migrated.
const NO_ROLLUPS: &str = "rollups of the previous platform are not migrated: each document aggregates the newest 60 \
                          samples of one source and name, across all label sets, is overwritten every minute, and \
                          belongs to no fixed hour. Migrate the samples with --from postgres://…; analytics \
                          computes hourly and daily rollups from them";

/// The source of a migration.
#[derive(PartialEq, Eq)]
pub(super) enum Origin {
    /// An embedded installation in this directory.
    Installation(PathBuf),
    /// The database of the previous platform, at this URL.
    Database(String),
}

impl Origin {
    /// Reads `--from` or `--from-file`.
    pub(super) fn of(args: &MigrateArgs) -> anyhow::Result<Self> {
        let origin = match (&args.from, &args.from_file) {
            (Some(from), _) => Self::parse(from).context("--from")?,
            (None, Some(file)) => {
                let secret = Secret::from_file(file).map_err(|reason| anyhow!("--from-file: {reason}"))?;
                Self::parse(secret.expose()).context("--from-file")?
            }
            (None, None) => Self::Installation(data_dir(None)?),
        };
        let is_database = matches!(origin, Self::Database(_));
        ensure!(
            args.rejected.is_none() || is_database,
            "--rejected is for rows of a database: --from postgres://…"
        );
        ensure!(!args.again || is_database, "--again is for rows of a database: --from postgres://…");
        Ok(origin)
    }

    /// No error shows the text: it may contain a password.
    fn parse(text: &str) -> anyhow::Result<Self> {
        match text.split_once(':') {
            Some(("embedded", dir)) if !dir.is_empty() => Ok(Self::Installation(std::path::absolute(dir)?)),
            Some(("postgres" | "postgresql", _)) => Ok(Self::Database(text.to_owned())),
            Some(("mongodb" | "mongodb+srv", _)) => bail!(NO_ROLLUPS),
            _ => bail!(EXPECTED),
        }
    }
}

/// Omits the URL: it may contain a password.
impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Installation(dir) => f.debug_tuple("Installation").field(dir).finish(),
            Self::Database(_) => f.write_str("Database"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_known_by_its_scheme() {
        let parse = |text| Origin::parse(text).unwrap();
        assert_eq!(parse("embedded:/var/lib/x"), Origin::Installation("/var/lib/x".into()));
        for url in ["postgres://h/db", "postgresql:///db?host=/run"] {
            assert_eq!(parse(url), Origin::Database(url.to_owned()));
        }
    }

    #[test]
    fn what_nothing_is_taken_over_from_is_refused_with_the_reason_and_without_a_password() {
        let refused = |text| Origin::parse(text).unwrap_err().to_string();
        assert!(refused("mongodb://u:hunter2@h/analytics").contains("the newest 60 samples"));
        for text in ["mongodb://u:hunter2@h", "redis://:hunter2@h", "hunter2", "embedded:", ""] {
            assert!(!refused(text).contains("hunter2"), "{text}");
        }
        assert!(refused("embedded:").starts_with("must be embedded:DIR, or postgres://"));
    }
}
