//! The engines there are, and what is asked of each.

use super::place::Place;
use super::{kafka, mongodb, postgres, redis, smtp};
use clap::ValueEnum;
use std::process::Command;

/// An engine that Watchkeeper runs on, or hands its mail to.
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
    /// A mail server that keeps what it takes
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

    /// What it is called where people read of it.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Kafka => "Kafka",
            Self::Postgres => "PostgreSQL",
            Self::Redis => "Redis",
            Self::Mongodb => "MongoDB, or a server of its protocol",
            Self::Smtp => "a mail server",
        }
    }

    /// The key of Watchkeeper's `[backends]` that it stands behind.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Kafka => "bus",
            Self::Postgres => "store",
            Self::Redis => "cache",
            Self::Mongodb => "rollups",
            Self::Smtp => "mail",
        }
    }

    /// Makes sure that its programs are there; an error says how to get them.
    pub(super) fn provide(self) -> anyhow::Result<()> {
        match self {
            Self::Kafka => kafka::provide(),
            Self::Postgres => postgres::provide(),
            Self::Redis => redis::provide(),
            Self::Mongodb => mongodb::provide(),
            Self::Smtp => smtp::provide(),
        }
    }

    /// The names of the ports it listens on; the first is for everyone.
    pub(super) const fn ports(self) -> &'static [&'static str] {
        match self {
            Self::Kafka => &kafka::PORTS,
            Self::Smtp => &smtp::PORTS,
            Self::Postgres | Self::Redis | Self::Mongodb => &["port"],
        }
    }

    /// Makes its data directory, if there is none yet, and its configuration.
    pub(super) fn prepare(self, place: &Place) -> anyhow::Result<()> {
        match self {
            Self::Kafka => kafka::prepare(place),
            Self::Postgres => postgres::prepare(place),
            Self::Redis => Ok(()),
            Self::Mongodb => mongodb::prepare(place),
            Self::Smtp => smtp::prepare(place),
        }
    }

    /// What starts it in the foreground; whether what it `keeps` outlives it matters to one of them only.
    pub(super) fn command(self, place: &Place, keeps: bool) -> anyhow::Result<Command> {
        match self {
            Self::Kafka => Ok(kafka::command(place)),
            Self::Postgres => postgres::command(place),
            Self::Redis => Ok(redis::command(place)),
            Self::Mongodb => Ok(mongodb::command(place, keeps)),
            Self::Smtp => Ok(smtp::command(place)),
        }
    }

    /// Whom it runs as, if not as who starts it.
    pub(super) fn user(self) -> Option<u32> {
        match self {
            Self::Postgres => postgres::user(),
            _ => None,
        }
    }

    /// Whether it answers as only this engine does.
    pub(super) fn answers(self, place: &Place) -> bool {
        match self {
            Self::Kafka => kafka::answers(place),
            Self::Postgres => postgres::answers(place),
            Self::Redis => redis::answers(place),
            Self::Mongodb => mongodb::answers(place),
            Self::Smtp => smtp::answers(place),
        }
    }

    /// What Watchkeeper is told to find it.
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
