//! The commands that the store gives, each with a bounded wait for its answer.

use crate::answer::Written;
use crate::batch::first_of;
use crate::collections::Collection;
use crate::error::{broken, is_no_collection, port_error, unavailable};
use crate::options::MongoOptions;
use crate::pace::Pace;
use crate::race::until_settled;
use mongodb::Database;
use mongodb::bson::{Document, RawArrayBuf, RawDocument, RawDocumentBuf, doc, rawdoc};
use mongodb::options::FindOptions;
use std::collections::HashSet;
use std::error::Error;
use std::time::Duration;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{Instant, timeout};
use watchkeeper_ports::PortError;

/// Most documents that the server sends at once; it is asked for the rest.
const ANSWER_DOCUMENTS: u32 = 5_000;
/// How long the answer to a write is waited for. An engine may go on with it whether or not anybody waits, and gets
/// slower with each one that it has in hand: so there is one at a time, and it is not given up while it may still be
/// done.
const WRITE_WITHIN: Duration = Duration::from_secs(5 * 60);

/// Why a document is not as it was written.
pub(crate) type Unreadable = Box<dyn Error + Send + Sync>;

/// A question for documents of a collection.
pub(crate) struct Find {
    pub(crate) collection: Collection,
    pub(crate) filter: Document,
    /// The fields that are wanted.
    pub(crate) fields: Document,
    pub(crate) order: Document,
    /// Most documents; 0 is no limit.
    pub(crate) limit: usize,
}

/// What a command of statements does with the documents that they find.
#[derive(Clone, Copy)]
enum Command {
    Update,
    Delete,
}

/// The database that holds the collections.
pub(crate) struct Server {
    database: Database,
    prefix: String,
    timeout: Duration,
    /// Held while a write is under way.
    writing: Mutex<Pace>,
}

impl Server {
    pub(crate) fn new(options: &MongoOptions) -> Result<Self, PortError> {
        Ok(Self {
            database: options.database()?,
            prefix: options.prefix.clone(),
            // The server has to be found, and then to answer.
            timeout: options.timeout * 2,
            writing: Mutex::new(Pace::new()),
        })
    }

    /// How long an answer may take that is not one to a write.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Makes the indexes that are not there yet, each with a command of its own: `FerretDB` 1.24 breaks off the
    /// connection when it is told to make several that are there.
    pub(crate) async fn ensure_indexes(&self) -> Result<(), PortError> {
        for collection in Collection::ALL {
            let indexes = collection.indexes();
            if indexes.is_empty() {
                continue;
            }
            let there = self.index_names(collection).await?;
            let is_there = |index: &Document| {
                index.get_str("name").is_ok_and(|name| there.iter().any(|there| there == name))
            };
            for index in indexes.into_iter().filter(|index| !is_there(index)) {
                let command = doc! { "createIndexes": self.name(collection), "indexes": [index] };
                self.write_answer(self.database.run_command(command)).await?;
            }
        }
        Ok(())
    }

    /// Drops an index if it is there.
    pub(crate) async fn drop_index(&self, collection: Collection, index: &str) -> Result<(), PortError> {
        if self.index_names(collection).await?.iter().any(|name| name == index) {
            let command = doc! { "dropIndexes": self.name(collection), "index": index };
            self.write_answer(self.database.run_command(command)).await?;
        }
        Ok(())
    }

    /// The names of the indexes that are there.
    async fn index_names(&self, collection: Collection) -> Result<Vec<String>, PortError> {
        let indexes = self.database.collection::<Document>(&self.name(collection));
        self.answer(async {
            match indexes.list_index_names().await {
                Err(error) if is_no_collection(&error) => Ok(Vec::new()),
                names => names,
            }
        })
        .await
    }

    /// Gives the documents to `take`, one after the other.
    pub(crate) async fn find(
        &self,
        find: Find,
        mut take: impl FnMut(&RawDocument) -> Result<(), Unreadable>,
    ) -> Result<(), PortError> {
        let name = self.name(find.collection);
        let options = FindOptions::builder()
            .projection(find.fields)
            .sort(find.order)
            .limit(i64::try_from(find.limit).unwrap_or(i64::MAX))
            .batch_size(ANSWER_DOCUMENTS)
            .max_time(self.timeout)
            .build();
        let collection = self.database.collection::<RawDocumentBuf>(&name);
        let mut cursor = self.answer(collection.find(find.filter).with_options(options)).await?;
        while self.answer(cursor.advance()).await? {
            take(cursor.current())
                .map_err(|error| broken(format!("a document of {name} is not as it was written: {error}")))?;
        }
        Ok(())
    }

    /// Runs a statement for each of `items`, which may be run twice; gives `inserted` the ids of the documents that
    /// were. As many statements as the server does in a short time are one command. Durable when it returns; after an
    /// error some may have been done.
    pub(crate) async fn write<T>(
        &self,
        collection: Collection,
        items: &[T],
        statement: impl Fn(&T) -> RawDocumentBuf,
        inserted: impl FnMut(HashSet<String>),
    ) -> Result<(), PortError> {
        self.run(Command::Update, collection, items, statement, inserted).await
    }

    /// The same with statements that delete.
    pub(crate) async fn delete_each<T>(
        &self,
        collection: Collection,
        items: &[T],
        statement: impl Fn(&T) -> RawDocumentBuf,
    ) -> Result<(), PortError> {
        self.run(Command::Delete, collection, items, statement, |_| {}).await
    }

    async fn run<T>(
        &self,
        command: Command,
        collection: Collection,
        items: &[T],
        statement: impl Fn(&T) -> RawDocumentBuf,
        mut inserted: impl FnMut(HashSet<String>),
    ) -> Result<(), PortError> {
        let mut rest = items;
        while !rest.is_empty() {
            let mut pace = self.turn().await?;
            let batch = first_of(rest.iter().map(&statement), pace.statements());
            let written = self.at_pace(&mut pace, command, collection, &batch).await?;
            inserted(written.inserted);
            rest = &rest[batch.len()..];
        }
        Ok(())
    }

    /// Runs one statement, which may be run twice.
    pub(crate) async fn write_one(
        &self,
        collection: Collection,
        statement: RawDocumentBuf,
    ) -> Result<Written, PortError> {
        let mut pace = self.turn().await?;
        self.at_pace(&mut pace, Command::Update, collection, &[statement]).await
    }

    /// One command, from which the pace learns.
    async fn at_pace(
        &self,
        pace: &mut Pace,
        command: Command,
        collection: Collection,
        batch: &[RawDocumentBuf],
    ) -> Result<Written, PortError> {
        let begun = Instant::now();
        let written = until_settled(|| self.give(command, collection, batch)).await;
        match &written {
            Ok(_) => pace.answered(batch.len(), begun.elapsed()),
            Err(_) => pace.unanswered(batch.len()),
        }
        written
    }

    /// The turn to write.
    async fn turn(&self) -> Result<MutexGuard<'_, Pace>, PortError> {
        timeout(self.timeout, self.writing.lock()).await.map_err(|_| {
            unavailable(format!("the previous write is still in progress after {:?}", self.timeout))
        })
    }

    /// A command by itself: the client's bulk write needs MongoDB 8, and its other writes cannot read an error without
    /// a code.
    async fn give(
        &self,
        command: Command,
        collection: Collection,
        statements: &[RawDocumentBuf],
    ) -> Result<Written, PortError> {
        let statements: RawArrayBuf = statements.iter().map(|statement| &**statement).collect();
        let command = match command {
            Command::Update => rawdoc! {
                "update": self.name(collection),
                "updates": statements,
                "ordered": false,
                "writeConcern": { "w": "majority", "j": true, "wtimeout": self.millis(2) },
                "maxTimeMS": self.millis(1),
            },
            // One that is lost is made again when it is looked for the next time.
            Command::Delete => rawdoc! {
                "delete": self.name(collection),
                "deletes": statements,
                "ordered": false,
                "maxTimeMS": self.millis(1),
            },
        };
        Written::read(self.write_answer(self.database.run_raw_command(command)).await?)
    }

    /// Deletes what the filter matches, which must be few; gives how many there were.
    pub(crate) async fn delete(&self, collection: Collection, filter: Document) -> Result<u64, PortError> {
        let _turn = self.turn().await?;
        let command = doc! {
            "delete": self.name(collection),
            "deletes": [{ "q": filter, "limit": 0 }],
            "maxTimeMS": self.millis(1),
        };
        let written = Written::read(self.write_answer(self.database.run_command(command)).await?)?;
        match written.refused {
            None => Ok(written.documents),
            Some(refused) => Err(refused.port_error()),
        }
    }

    fn name(&self, collection: Collection) -> String {
        format!("{}{}", self.prefix, collection.name())
    }

    /// The time for an answer, or a part of it: so long may the server be at work on a write, and the members of a
    /// replica set take to confirm it, so that the server is who says that it was too long.
    fn millis(&self, part: u128) -> i64 {
        i64::try_from(self.timeout.as_millis() / part).unwrap_or(i64::MAX)
    }

    /// Waits for what the client does. Dropped, it closes its connection, which ends it on most servers too.
    async fn answer<T>(
        &self,
        doing: impl IntoFuture<Output = mongodb::error::Result<T>>,
    ) -> Result<T, PortError> {
        self.answer_within(self.timeout, doing).await
    }

    /// The same for what changes something, and may go on when nobody waits any more.
    async fn write_answer<T>(
        &self,
        doing: impl IntoFuture<Output = mongodb::error::Result<T>>,
    ) -> Result<T, PortError> {
        self.answer_within(WRITE_WITHIN, doing).await
    }

    async fn answer_within<T>(
        &self,
        time: Duration,
        doing: impl IntoFuture<Output = mongodb::error::Result<T>>,
    ) -> Result<T, PortError> {
        match timeout(time, doing.into_future()).await {
            Ok(answer) => answer.map_err(|error| port_error(&error)),
            Err(_) => Err(unavailable(format!("no answer within {time:?}"))),
        }
    }
}
