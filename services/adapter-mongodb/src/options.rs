//! How to reach the store.

use crate::error::broken;
use futures_util::FutureExt as _;
use mongodb::options::{ClientOptions, ConnectionString, HostInfo};
use mongodb::{Client, Database};
use std::fmt;
use std::future::IntoFuture as _;
use std::ops::RangeInclusive;
use std::time::Duration;
use watchkeeper_config::Section;
use watchkeeper_ports::PortError;

/// Longest name of a database, in bytes.
const MAX_DATABASE_BYTES: usize = 63;
/// Longest prefix of collections, in bytes.
const MAX_PREFIX_BYTES: usize = 64;
/// Time limit for finding the server, and for an answer: the default and the bounds.
const TIMEOUT: (Duration, RangeInclusive<Duration>) =
    (Duration::from_secs(10), Duration::from_millis(100)..=Duration::from_secs(60));

/// How to reach the store.
#[derive(Clone, PartialEq, Eq)]
pub struct MongoOptions {
    /// `mongodb://[USER:PASSWORD@]HOST[:PORT][,…][/DATABASE][?OPTIONS]`; `?tls=true` for TLS. The database in
    /// it is used for the collections, and to authenticate unless `authSource` names another; the store sets
    /// read preference and write concern itself.
    pub url: String,
    /// The database for the collections, if the URL names none; [`Self::DATABASE`] if neither does.
    pub database: Option<String>,
    /// Prefix of the collections' names, so that several stores can share a database; may be empty.
    pub prefix: String,
    /// Time limit for finding the server, and for an answer.
    pub timeout: Duration,
}

/// The server's internal databases.
const OF_THE_SERVER: [&str; 3] = ["admin", "config", "local"];

impl MongoOptions {
    /// The default database.
    pub const DATABASE: &str = "watchkeeper";

    /// Reads the section on MongoDB; the URL comes from elsewhere.
    pub fn read(section: &mut Section<'_>) -> Self {
        Self {
            url: String::new(),
            database: section.optional_text("database", MAX_DATABASE_BYTES),
            prefix: section.optional_text("prefix", MAX_PREFIX_BYTES).unwrap_or_default(),
            timeout: section.duration("timeout", TIMEOUT.1, TIMEOUT.0),
        }
    }

    /// The database for the collections, with a client that connects on first use.
    pub(crate) fn database(&self) -> Result<Database, PortError> {
        let client = self.client()?;
        let in_url = client.default_database().map(|database| database.name().to_owned());
        let name = self.database_name(in_url.as_deref())?;
        Ok(client.database(name))
    }

    fn database_name<'n>(&'n self, in_url: Option<&'n str>) -> Result<&'n str, PortError> {
        match (in_url, self.database.as_deref()) {
            (Some(of_url), _) if OF_THE_SERVER.contains(&of_url) => Err(broken(format!(
                "the URL names the database {of_url}, which is internal to the server: if users authenticate there, \
                 write ?authSource={of_url}, and the database that holds the rollups before it"
            ))),
            (Some(of_url), Some(set)) if of_url != set => Err(broken(format!(
                "the URL names the database {of_url}, and [backends.mongodb] database is {set}: name one of them (a \
                 user that is known elsewhere has ?authSource={of_url})"
            ))),
            (of_url, set) => Ok(of_url.or(set).unwrap_or(Self::DATABASE)),
        }
    }

    /// Where the servers are, without user and password: `mongo.test:27017`. `None` if the URL is not valid.
    pub fn address(&self) -> Option<String> {
        match ConnectionString::parse(&self.url).ok()?.host_info {
            HostInfo::HostIdentifiers(servers) => {
                Some(servers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
            }
            _ => None,
        }
    }

    /// The client, which connects on first use. Fails if the URL is not valid, without quoting it: any part
    /// of it may belong to a password.
    pub(crate) fn client(&self) -> Result<Client, PortError> {
        let wrong = || {
            broken(
                "the URL must be mongodb://[USER:PASSWORD@]HOST[:PORT][,…][/DATABASE][?OPTIONS], not mongodb+srv",
            )
        };
        // Completes immediately: only mongodb+srv names are looked up.
        let parsed = ClientOptions::parse(self.url.as_str()).into_future().now_or_never();
        let mut options = parsed.and_then(Result::ok).ok_or_else(wrong)?;
        options.app_name.get_or_insert_with(|| "watchkeeper".to_owned());
        options.connect_timeout = Some(self.timeout);
        options.server_selection_timeout = Some(self.timeout);
        // Read from the primary, which has the latest writes.
        options.selection_criteria = None;
        Client::with_options(options).map_err(|_| wrong())
    }
}

/// Without the URL, which has the password.
impl fmt::Debug for MongoOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MongoOptions")
            .field("database", &self.database)
            .field("prefix", &self.prefix)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_ports::Failure;

    fn options(url: &str) -> MongoOptions {
        MongoOptions {
            url: url.to_owned(),
            database: None,
            prefix: String::new(),
            timeout: Duration::from_secs(1),
        }
    }

    #[tokio::test]
    async fn a_url_that_is_none_is_refused_without_showing_it() {
        for url in [
            "",
            "secret",
            "postgres://user:secret@host/",
            "mongodb+srv://user:secret@host.example.net/",
            "mongodb://user:secret#host:27017",
            "mongodb://user:sec:ret@host:port",
            "mongodb://user:secret@host/?socketTimeoutMS=1",
            "mongodb://user:secret@host/?tlsCAFile=/nonexistent/secret.pem&tls=true",
        ] {
            let error = options(url).client().unwrap_err();
            assert_eq!(error.failure(), Failure::Stop, "{url}");
            let text = error.to_string();
            assert!(!text.contains("secret") && !text.contains("ret@"), "{text}");
        }
    }

    #[tokio::test]
    async fn a_url_is_taken_whether_or_not_anybody_is_there() {
        for url in ["mongodb://127.0.0.1:1", "mongodb://user:p%40ss@a,b:1/rollups?replicaSet=r&tls=true"] {
            assert!(options(url).client().is_ok(), "{url}");
        }
    }

    fn database(url: &str, database: Option<&str>) -> Result<String, String> {
        let options = MongoOptions { database: database.map(str::to_owned), ..options(url) };
        options.database().map(|database| database.name().to_owned()).map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn the_database_of_the_url_is_the_one_that_is_used() {
        assert_eq!(database("mongodb://host/metrics", None).unwrap(), "metrics");
        assert_eq!(database("mongodb://u:p@host/metrics?authSource=admin", None).unwrap(), "metrics");
        assert_eq!(database("mongodb://host/metrics", Some("metrics")).unwrap(), "metrics");
        assert_eq!(database("mongodb://host", Some("other")).unwrap(), "other");
        assert_eq!(database("mongodb://host/?authSource=admin", None).unwrap(), MongoOptions::DATABASE);
    }

    #[tokio::test]
    async fn two_different_databases_are_refused_by_both_names() {
        let error = database("mongodb://u:secret@host/metrics", Some("other")).unwrap_err();
        assert!(error.contains("the URL names the database metrics"), "{error}");
        assert!(error.contains("database is other") && !error.contains("secret"), "{error}");
    }

    #[tokio::test]
    async fn a_database_of_the_servers_own_is_not_taken_for_the_one_that_is_meant() {
        for set in [None, Some("other"), Some("admin")] {
            let error = database("mongodb://u:secret@host/admin", set).unwrap_err();
            assert!(error.contains("?authSource=admin"), "{error}");
        }
    }

    #[test]
    fn options_are_shown_without_the_url() {
        let shown = format!("{:?}", options("mongodb://user:secret@host"));
        assert!(!shown.contains("secret") && shown.contains("timeout"), "{shown}");
    }
}
