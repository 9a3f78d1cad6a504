//! The commands that the store gives, each with a bounded wait for its answer.

use crate::answer::Written;
use crate::collections::Collection;
use crate::error::{broken, port_error, unavailable};
use crate::options::MongoOptions;
use crate::race::until_settled;
use mongodb::Database;
use mongodb::bson::{Document, RawArrayBuf, RawDocument, RawDocumentBuf, doc, rawdoc};
use mongodb::options::FindOptions;
use std::collections::HashSet;
use std::error::Error;
use std::time::Duration;
use watchkeeper_ports::PortError;

/// Most documents that the server sends at once; it is asked for the rest.
const ANSWER_DOCUMENTS: u32 = 5_000;

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

/// The database that holds the collections.
pub(crate) struct Server {
    database: Database,
    prefix: String,
    timeout: Duration,
}

impl Server {
    pub(crate) fn new(options: &MongoOptions) -> Result<Self, PortError> {
        Ok(Self {
            database: options.client()?.database(&options.database),
            prefix: options.prefix.clone(),
            // The server has to be found, and then to answer.
            timeout: options.timeout * 2,
        })
    }

    /// Makes the indexes that are not there yet.
    pub(crate) async fn ensure_indexes(&self) -> Result<(), PortError> {
        for collection in Collection::ALL {
            let indexes = collection.indexes();
            if !indexes.is_empty() {
                let command = doc! { "createIndexes": self.name(collection), "indexes": indexes };
                self.answer(self.database.run_command(command)).await?;
            }
        }
        Ok(())
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
            .build();
        let collection = self.database.collection::<RawDocumentBuf>(&name);
        let mut cursor = self.answer(collection.find(find.filter).with_options(options)).await?;
        while self.answer(cursor.advance()).await? {
            take(cursor.current())
                .map_err(|error| broken(format!("a document of {name} is not as it was written: {error}")))?;
        }
        Ok(())
    }

    /// Runs statements that may be run twice; gives which of them inserted a document. Durable when it returns;
    /// after an error some may have been done.
    pub(crate) async fn write(
        &self,
        collection: Collection,
        statements: &[RawDocumentBuf],
    ) -> Result<HashSet<usize>, PortError> {
        Ok(until_settled(|| self.update(collection, statements)).await?.inserted)
    }

    /// The command `update`: the client's bulk write needs MongoDB 8, and its other writes cannot read an error
    /// without a code.
    async fn update(
        &self,
        collection: Collection,
        statements: &[RawDocumentBuf],
    ) -> Result<Written, PortError> {
        let statements: RawArrayBuf = statements.iter().map(|statement| &**statement).collect();
        let command = rawdoc! {
            "update": self.name(collection),
            "updates": statements,
            "ordered": false,
            "writeConcern": { "w": "majority", "j": true, "wtimeout": self.most_millis() },
        };
        Written::read(self.answer(self.database.run_raw_command(command)).await?)
    }

    /// Deletes what the filter matches, which must be few; gives how many there were.
    pub(crate) async fn delete(&self, collection: Collection, filter: Document) -> Result<u64, PortError> {
        let command = doc! { "delete": self.name(collection), "deletes": [{ "q": filter, "limit": 0 }] };
        let written = Written::read(self.answer(self.database.run_command(command)).await?)?;
        match written.refused {
            None => Ok(written.documents),
            Some(refused) => Err(refused.port_error()),
        }
    }

    fn name(&self, collection: Collection) -> String {
        format!("{}{}", self.prefix, collection.name())
    }

    /// How long the members of a replica set may take to confirm a write: less than the whole answer, so that
    /// the server is who says that it was too long.
    fn most_millis(&self) -> i64 {
        i64::try_from(self.timeout.as_millis() / 2).unwrap_or(i64::MAX)
    }

    /// Waits for what the client does. Dropped, it closes its connection, which ends it on the server too.
    async fn answer<T>(
        &self,
        doing: impl IntoFuture<Output = mongodb::error::Result<T>>,
    ) -> Result<T, PortError> {
        match tokio::time::timeout(self.timeout, doing.into_future()).await {
            Ok(answer) => answer.map_err(|error| port_error(&error)),
            Err(_) => Err(unavailable(format!("no answer within {:?}", self.timeout))),
        }
    }
}
