//! Where the store is.

use crate::error::broken;
use futures_util::FutureExt as _;
use mongodb::Client;
use mongodb::options::ClientOptions;
use std::fmt;
use std::future::IntoFuture as _;
use std::time::Duration;
use watchkeeper_ports::PortError;

/// Where the store is.
#[derive(Clone, PartialEq, Eq)]
pub struct MongoOptions {
    /// `mongodb://[USER:PASSWORD@]HOST[:PORT][,…][/DATABASE][?OPTIONS]`; `?tls=true` for TLS. The database
    /// in it is only where the user is known; read preference and write concern are the store's own.
    pub url: String,
    /// The database that holds the collections.
    pub database: String,
    /// What the collections' names begin with, so that several stores can share a database; may be empty.
    pub prefix: String,
    /// How long finding the server may take, and an answer as well.
    pub timeout: Duration,
}

impl MongoOptions {
    /// The client, which connects when it is first used. Fails when the URL is none, without telling what
    /// it is: a part of a password may be anywhere in it.
    pub(crate) fn client(&self) -> Result<Client, PortError> {
        let wrong = || {
            broken(
                "the URL must be mongodb://[USER:PASSWORD@]HOST[:PORT][,…][/DATABASE][?OPTIONS], not mongodb+srv",
            )
        };
        // Ready at once: only the names of mongodb+srv are looked up.
        let parsed = ClientOptions::parse(self.url.as_str()).into_future().now_or_never();
        let mut options = parsed.and_then(Result::ok).ok_or_else(wrong)?;
        options.app_name.get_or_insert_with(|| "watchkeeper".to_owned());
        options.connect_timeout = Some(self.timeout);
        options.server_selection_timeout = Some(self.timeout);
        // The primary, which has what was just stored.
        options.selection_criteria = None;
        Client::with_options(options).map_err(|_| wrong())
    }
}

/// All but the URL, which holds the password.
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
        let (database, prefix) = ("watchkeeper".to_owned(), String::new());
        MongoOptions { url: url.to_owned(), database, prefix, timeout: Duration::from_secs(1) }
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
        for url in ["mongodb://127.0.0.1:1", "mongodb://user:p%40ss@a,b:1/admin?replicaSet=r&tls=true"] {
            assert!(options(url).client().is_ok(), "{url}");
        }
    }

    #[test]
    fn options_are_shown_without_the_url() {
        let shown = format!("{:?}", options("mongodb://user:secret@host"));
        assert!(!shown.contains("secret") && shown.contains("watchkeeper"), "{shown}");
    }
}
