//! How to reach and use the store.

use crate::error::Error;
use std::fmt;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use watchkeeper_config::Section;

/// Idle time of a connection before the first TCP keepalive probe, and between probes.
const KEEPALIVE: Duration = Duration::from_secs(15);
/// Keepalive probes that may stay unanswered.
const KEEPALIVE_RETRIES: u32 = 3;
/// The port of a URL without one.
const DEFAULT_PORT: u16 = 5432;
/// The application name shown by the server, if the URL has none.
const APPLICATION_NAME: &str = "watchkeeper";

/// How to reach and use the store.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresOptions {
    /// `postgres://[USER[:PASSWORD]@]HOST[:PORT]/DATABASE` or `postgres:///DATABASE?host=/run/postgresql` for
    /// the Unix socket in that directory, with further parameters of libpq. `sslmode` is `disable`; or
    /// `require`, which encrypts but does not verify the server; or `verify-full`, which accepts only a
    /// server with a certificate for its name. The default is `disable` on a socket and on loopback, and
    /// `verify-full` elsewhere.
    pub url: String,
    /// The password, if it is not in the URL.
    pub password: Option<String>,
    /// A PEM file of CA certificates that are trusted in addition to the public ones.
    pub root_certificate: Option<PathBuf>,
    /// The schema for the tables: lower-case letters, digits and `_`. It is created if need be.
    pub schema: String,
    /// The role as which reports are run, if not that of the URL, which must be a member of it.
    pub report_role: Option<String>,
    /// Most connections, within [`Self::CONNECTIONS_BOUNDS`].
    pub connections: usize,
    /// Time limit for connecting, and for waiting for a free connection, within [`Self::TIMEOUT_BOUNDS`].
    pub connect_timeout: Duration,
    /// Time limit for one statement, within [`Self::TIMEOUT_BOUNDS`].
    pub statement_timeout: Duration,
}

impl PostgresOptions {
    /// The default schema.
    pub const SCHEMA: &str = "watchkeeper";
    /// Longest name of a schema, in bytes: PostgreSQL's limit.
    pub const MAX_SCHEMA_BYTES: usize = 63;
    /// Longest name of a role, in bytes: PostgreSQL's limit.
    pub const MAX_ROLE_BYTES: usize = 63;
    /// The default number of connections.
    pub const CONNECTIONS: usize = 8;
    /// Bounds of the number of connections: at least one for slow queries and one for the others.
    pub const CONNECTIONS_BOUNDS: RangeInclusive<usize> = 2..=100;
    /// The default time limit for connecting.
    pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
    /// The default time limit for a statement.
    pub const STATEMENT_TIMEOUT: Duration = Duration::from_secs(60);
    /// Bounds of the timeouts.
    pub const TIMEOUT_BOUNDS: RangeInclusive<Duration> =
        Duration::from_millis(100)..=Duration::from_secs(600);

    /// The store at `url`, with defaults.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            password: None,
            root_certificate: None,
            schema: Self::SCHEMA.to_owned(),
            report_role: None,
            connections: Self::CONNECTIONS,
            connect_timeout: Self::CONNECT_TIMEOUT,
            statement_timeout: Self::STATEMENT_TIMEOUT,
        }
    }

    /// Reads the section on PostgreSQL; the URL comes from elsewhere.
    pub fn read(section: &mut Section<'_>) -> Self {
        let timeouts = Self::TIMEOUT_BOUNDS;
        Self {
            password: section.secret_file("password_file").map(|password| password.expose().to_owned()),
            root_certificate: section.path("ca_file"),
            schema: section.text("schema", Self::MAX_SCHEMA_BYTES, Self::SCHEMA),
            report_role: section.optional_text("report_role", Self::MAX_ROLE_BYTES),
            connections: section.integer("connections", Self::CONNECTIONS_BOUNDS, Self::CONNECTIONS),
            connect_timeout: section.duration("connect_timeout", timeouts.clone(), Self::CONNECT_TIMEOUT),
            statement_timeout: section.duration("statement_timeout", timeouts, Self::STATEMENT_TIMEOUT),
            ..Self::new("")
        }
    }

    pub(crate) fn server(&self) -> Result<Server, Error> {
        self.check()?;
        let (url, mode) = without_sslmode(&self.url);
        let mut config: Config = url.parse().map_err(|error| broken("url", &error))?;
        if let Some(password) = &self.password {
            config.password(password);
        }
        if config.get_dbname().is_none() {
            return Err(broken("url", &"names no database"));
        }
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(broken("url", &"names no host"));
        }
        let encryption = match mode {
            Some(mode) => mode.parse().map_err(|error| broken("url", &error))?,
            None if config.get_hosts().iter().all(is_on_this_host) && config.get_hostaddrs().is_empty() => {
                Encryption::Disable
            }
            None => Encryption::VerifyFull,
        };
        if self.root_certificate.is_some() && encryption != Encryption::VerifyFull {
            return Err(broken("root_certificate", &"is only used with sslmode=verify-full"));
        }
        if config.get_application_name().is_none() {
            config.application_name(APPLICATION_NAME);
        }
        config
            .ssl_mode(if encryption == Encryption::Disable { SslMode::Disable } else { SslMode::Require })
            .connect_timeout(self.connect_timeout)
            .keepalives_idle(KEEPALIVE)
            .keepalives_interval(KEEPALIVE)
            .keepalives_retries(KEEPALIVE_RETRIES)
            .tcp_user_timeout(KEEPALIVE * KEEPALIVE_RETRIES);
        Ok(Server { config, encryption })
    }

    /// Where the servers are, without user and password: `db.test:5432`, or the directory of a socket. `None` if the URL is
    /// not valid.
    pub fn address(&self) -> Option<String> {
        let config = self.server().ok()?.config;
        let hosts: Vec<_> = match config.get_hosts() {
            [] => config.get_hostaddrs().iter().map(ToString::to_string).collect(),
            hosts => hosts.iter().map(shown).collect(),
        };
        let port = |index: usize| match config.get_ports() {
            [] => DEFAULT_PORT,
            [port] => *port,
            ports => ports.get(index).copied().unwrap_or(DEFAULT_PORT),
        };
        let with_port = |(index, host): (usize, &String)| match host.strip_prefix('/') {
            Some(_) => host.clone(),
            None if host.contains(':') => format!("[{host}]:{}", port(index)),
            None => format!("{host}:{}", port(index)),
        };
        Some(hosts.iter().enumerate().map(with_port).collect::<Vec<_>>().join(", "))
    }

    fn check(&self) -> Result<(), Error> {
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if self.schema.is_empty()
            || self.schema.len() > Self::MAX_SCHEMA_BYTES
            || !self.schema.chars().all(is_name)
        {
            let rule = format!("must be 1 to {} lower-case letters, digits and _", Self::MAX_SCHEMA_BYTES);
            return Err(broken("schema", &rule));
        }
        if let Some(role) = &self.report_role
            && (role.is_empty() || role.len() > Self::MAX_ROLE_BYTES || role.contains('\0'))
        {
            let rule = format!("must have 1 to {} bytes", Self::MAX_ROLE_BYTES);
            return Err(broken("report_role", &rule));
        }
        if !Self::CONNECTIONS_BOUNDS.contains(&self.connections) {
            let (least, most) = (Self::CONNECTIONS_BOUNDS.start(), Self::CONNECTIONS_BOUNDS.end());
            return Err(broken("connections", &format!("must be {least} to {most}")));
        }
        for (field, timeout) in
            [("connect_timeout", self.connect_timeout), ("statement_timeout", self.statement_timeout)]
        {
            if !Self::TIMEOUT_BOUNDS.contains(&timeout) {
                let (least, most) = (Self::TIMEOUT_BOUNDS.start(), Self::TIMEOUT_BOUNDS.end());
                return Err(broken(field, &format!("must be {least:?} to {most:?}")));
            }
        }
        Ok(())
    }
}

/// Everything but the passwords.
impl fmt::Debug for PostgresOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresOptions")
            .field("server", &self.server().map(|server| server.config))
            .field("root_certificate", &self.root_certificate)
            .field("schema", &self.schema)
            .field("report_role", &self.report_role)
            .field("connections", &self.connections)
            .field("connect_timeout", &self.connect_timeout)
            .field("statement_timeout", &self.statement_timeout)
            .finish_non_exhaustive()
    }
}

#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) config: Config,
    pub(crate) encryption: Encryption,
}

/// Whether to encrypt, and how to verify the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encryption {
    Disable,
    Require,
    VerifyFull,
}

impl std::str::FromStr for Encryption {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "disable" => Ok(Self::Disable),
            "require" => Ok(Self::Require),
            "verify-full" => Ok(Self::VerifyFull),
            _ => Err("sslmode must be disable, require or verify-full"),
        }
    }
}

/// The URL without its parameter `sslmode`, and the parameter's value.
fn without_sslmode(url: &str) -> (String, Option<&str>) {
    let Some((base, parameters)) = url.split_once('?') else { return (url.to_owned(), None) };
    let mode = |parameter: &str| parameter.starts_with("sslmode=");
    let value = parameters.split('&').find(|parameter| mode(parameter));
    let others: Vec<_> = parameters.split('&').filter(|parameter| !mode(parameter)).collect();
    let url = if others.is_empty() { base.to_owned() } else { format!("{base}?{}", others.join("&")) };
    (url, value.and_then(|parameter| parameter.split_once('=')).map(|(_, value)| value))
}

fn shown(host: &Host) -> String {
    match host {
        Host::Tcp(name) => name.clone(),
        Host::Unix(directory) => directory.display().to_string(),
    }
}

fn is_on_this_host(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
    }
}

fn broken(field: &str, reason: &dyn fmt::Display) -> Error {
    Error::Broken(format!("{field}: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encryption(url: &str) -> Encryption {
        PostgresOptions::new(url).server().unwrap().encryption
    }

    fn refused(options: &PostgresOptions) -> String {
        match options.server() {
            Err(Error::Broken(reason)) => reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn without_sslmode_only_what_leaves_the_host_is_encrypted_and_checked() {
        for url in [
            "postgres:///db?host=/run/postgresql",
            "postgres://a:b@127.0.0.1:5433/db",
            "postgres://[::1]/db",
            "postgres://localhost/db",
        ] {
            assert_eq!(encryption(url), Encryption::Disable, "{url}");
        }
        for url in ["postgres://db.example.org/db", "postgres://localhost,db.example.org/db"] {
            assert_eq!(encryption(url), Encryption::VerifyFull, "{url}");
        }
    }

    #[test]
    fn sslmode_is_taken_at_its_word_and_other_parameters_stay() {
        let server = PostgresOptions::new("postgres://h:7/db?connect_timeout=3&sslmode=require&user=u")
            .server()
            .unwrap();
        assert_eq!(server.encryption, Encryption::Require);
        assert_eq!((server.config.get_ports(), server.config.get_user()), (&[7][..], Some("u")));
        assert_eq!(encryption("postgres://h/db?sslmode=disable"), Encryption::Disable);
        assert_eq!(encryption("postgres://localhost/db?sslmode=verify-full"), Encryption::VerifyFull);
        let prefer = refused(&PostgresOptions::new("postgres://h/db?sslmode=prefer"));
        assert_eq!(prefer, "url: sslmode must be disable, require or verify-full");
    }

    #[test]
    fn what_is_not_valid_is_refused_by_name() {
        let usual = PostgresOptions::new("postgres://localhost/db");
        let with = |change: fn(&mut PostgresOptions)| {
            let mut options = usual.clone();
            change(&mut options);
            refused(&options)
        };
        let name = "schema: must be 1 to 63 lower-case letters, digits and _";
        assert_eq!(with(|options| options.schema = String::new()), name);
        assert_eq!(with(|options| options.schema = "a".repeat(64)), name);
        assert_eq!(with(|options| options.schema = "a\"; DROP".into()), name);
        let role = "report_role: must have 1 to 63 bytes";
        assert_eq!(with(|options| options.report_role = Some(String::new())), role);
        assert_eq!(with(|options| options.report_role = Some("a".repeat(64))), role);
        assert_eq!(with(|options| options.connections = 1), "connections: must be 2 to 100");
        assert_eq!(
            with(|options| options.statement_timeout = Duration::ZERO),
            "statement_timeout: must be 100ms to 600s"
        );
        assert_eq!(with(|options| options.url = "postgres://localhost".into()), "url: names no database");
        assert_eq!(with(|options| options.url = "postgres:///db".into()), "url: names no host");
        assert!(with(|options| options.url = "mysql://localhost/db".into()).starts_with("url: "));
        assert_eq!(
            with(|options| options.root_certificate = Some("ca.pem".into())),
            "root_certificate: is only used with sslmode=verify-full"
        );
    }

    #[test]
    fn no_password_is_shown() {
        let mut options = PostgresOptions::new("postgres://user:secret@localhost/db");
        assert!(!format!("{options:?}").contains("secret"));
        options.url = "postgres://user@localhost/db".into();
        options.password = Some("secret".into());
        assert!(!format!("{options:?}").contains("secret"));
        for url in
            ["postgres://user:secret@localhost:port/db", "postgres://user:secret@localhost/db?x=secret"]
        {
            options.url = url.into();
            assert!(!refused(&options).contains("secret"), "{}", refused(&options));
            assert!(!format!("{options:?}").contains("secret"));
        }
    }
}
