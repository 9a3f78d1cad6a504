//! The engines, and what each must provide.

use super::place::Place;
use super::{kafka, mongodb, postgres, redis, smtp};
use clap::ValueEnum;
use std::process::Command;

/// An engine that Watchkeeper uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Engine {
    /// Apache Kafka, one node in KRaft mode
    Kafka,
    /// PostgreSQL
    Postgres,
    /// Redis
    Redis,
    /// MongoDB, FerretDB, or a small server of the same protocol
    Mongodb,
    /// A mail server that stores what it receives
    Smtp,
}

impl Engine {
    pub(crate) const ALL: [Self; 5] = [Self::Kafka, Self::Postgres, Self::Redis, Self::Mongodb, Self::Smtp];

    /// Its name in commands, directories and files.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Kafka => "kafka",
            Self::Postgres => "postgres",
            Self::Redis => "redis",
            Self::Mongodb => "mongodb",
            Self::Smtp => "smtp",
        }
    }

    /// Its name in messages.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Kafka => "Kafka",
            Self::Postgres => "PostgreSQL",
            Self::Redis => "Redis",
            Self::Mongodb => "MongoDB, or a server of its protocol",
            Self::Smtp => "a mail server",
        }
    }

    /// Its key in Watchkeeper's `[backends]`.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Kafka => "bus",
            Self::Postgres => "store",
            Self::Redis => "cache",
            Self::Mongodb => "rollups",
            Self::Smtp => "mail",
        }
    }

    /// Installs its programs if they are missing; an error says how to.
    pub(super) fn provide(self) -> anyhow::Result<()> {
        match self {
            Self::Kafka => kafka::provide(),
            Self::Postgres => postgres::provide(),
            Self::Redis => redis::provide(),
            Self::Mongodb => mongodb::provide(),
            Self::Smtp => smtp::provide(),
        }
    }

    /// The names of its ports; the first is for clients.
    pub(super) const fn ports(self) -> &'static [&'static str] {
        match self {
            Self::Kafka => &kafka::PORTS,
            Self::Smtp => &smtp::PORTS,
            Self::Postgres | Self::Redis | Self::Mongodb => &["port"],
        }
    }

    /// Creates its configuration, and its data directory if it does not exist.
    pub(super) fn prepare(self, place: &Place) -> anyhow::Result<()> {
        match self {
            Self::Kafka => kafka::prepare(place),
            Self::Postgres => postgres::prepare(place),
            Self::Redis => Ok(()),
            Self::Mongodb => mongodb::prepare(place),
            Self::Smtp => smtp::prepare(place),
        }
    }

    /// The command that runs it in the foreground; `keeps` asks for persistent data, which matters for MongoDB only.
    pub(super) fn command(self, place: &Place, keeps: bool) -> anyhow::Result<Command> {
        match self {
            Self::Kafka => Ok(kafka::command(place)),
            Self::Postgres => postgres::command(place),
            Self::Redis => Ok(redis::command(place)),
            Self::Mongodb => Ok(mongodb::command(place, keeps)),
            Self::Smtp => Ok(smtp::command(place)),
        }
    }

    /// The user it runs as, if not the caller.
    pub(super) fn user(self) -> Option<u32> {
        match self {
            Self::Postgres => postgres::user(),
            _ => None,
        }
    }

    /// Whether it responds as only this engine does.
    pub(super) fn answers(self, place: &Place) -> bool {
        match self {
            Self::Kafka => kafka::answers(place),
            Self::Postgres => postgres::answers(place),
            Self::Redis => redis::answers(place),
            Self::Mongodb => mongodb::answers(place),
            Self::Smtp => smtp::answers(place),
        }
    }

    /// Its URL for `[backends]`.
    pub(super) fn url(self, place: &Place) -> String {
        let port = place.port();
        match self {
            Self::Kafka => format!("kafka://127.0.0.1:{port}"),
            Self::Postgres => postgres::url(place),
            Self::Redis => format!("redis://127.0.0.1:{port}"),
            Self::Mongodb => format!("mongodb://127.0.0.1:{port}/watchkeeper"),
            Self::Smtp => format!("smtp://127.0.0.1:{port}"),
        }
    }
}
