//! `watchkeeper.v1.Events`.

use super::metrics::Answers;
use super::request;
use crate::http::EventRoutes;
use crate::live::Heard;
use crate::question::{AROUND, TOP_VALUES};
use futures_util::StreamExt as _;
use tonic::{Request, Response, Status};
use watchkeeper_domain::event::Field;
use watchkeeper_domain::{Event, EventId, Timestamp, Violation};
use watchkeeper_query::event_field;
use watchkeeper_runtime::http::grpc_status;
use watchkeeper_wire::proto::time_of;
use watchkeeper_wire::proto::v1::{self, events_server::Events};

pub(super) struct EventsService {
    routes: EventRoutes,
}

impl EventsService {
    pub(super) fn new(routes: EventRoutes) -> Self {
        Self { routes }
    }

    /// Empty if the answer is complete.
    fn partial(&self, question: &str, is_partial: bool) -> String {
        self.routes.partial(question, is_partial).hint.unwrap_or_default()
    }
}

#[tonic::async_trait]
impl Events for EventsService {
    async fn find(
        &self,
        request: Request<v1::FindEventsRequest>,
    ) -> Result<Response<v1::FindEventsResponse>, Status> {
        let now = Timestamp::now();
        let question = request::events(request.into_inner(), now).map_err(grpc_status)?;
        let page = self.routes.events.find(&question, now).await.map_err(grpc_status)?;
        Ok(Response::new(v1::FindEventsResponse {
            events: page.events.iter().map(v1::Event::from).collect(),
            next_page_token: page.next.map(|cursor| cursor.to_string()).unwrap_or_default(),
            partial: self.partial("page", page.is_partial),
        }))
    }

    async fn get(
        &self,
        request: Request<v1::GetEventRequest>,
    ) -> Result<Response<v1::GetEventResponse>, Status> {
        let v1::GetEventRequest { id, around } = request.into_inner();
        let known: EventId =
            id.parse().map_err(|error| grpc_status(Violation::new("id", format!("{error}"))))?;
        let neighbours = AROUND.checked_or_default("around", around.into()).map_err(grpc_status)?;
        let found = self.routes.events.around(known, neighbours).await.map_err(grpc_status)?;
        let found = found.ok_or_else(|| Status::not_found(format!("there is no event {id}")))?;
        Ok(Response::new(v1::GetEventResponse {
            event: Some((&found.event).into()),
            before: found.before.iter().map(v1::Event::from).collect(),
            after: found.after.iter().map(v1::Event::from).collect(),
            partial: self.partial("around", found.is_partial),
        }))
    }

    async fn histogram(
        &self,
        request: Request<v1::EventHistogramRequest>,
    ) -> Result<Response<v1::EventHistogramResponse>, Status> {
        let now = Timestamp::now();
        let (query, bars) = request::histogram(request.into_inner(), now).map_err(grpc_status)?;
        let found = self.routes.events.histogram(&query, &bars, now).await.map_err(grpc_status)?;
        let is_partial = found.is_partial();
        let shown = found.edges.iter().zip(&found.bars);
        Ok(Response::new(v1::EventHistogramResponse {
            bars: shown.map(|(from, bar)| v1::EventBar::new(*from, &bar.by_level)).collect(),
            to: Some(time_of(query.time.end)),
            complete_since: is_partial.then(|| time_of(found.since)),
            partial: self.partial("histogram", is_partial),
        }))
    }

    async fn top(
        &self,
        request: Request<v1::TopValuesRequest>,
    ) -> Result<Response<v1::TopValuesResponse>, Status> {
        let now = Timestamp::now();
        let v1::TopValuesRequest { query, field, limit } = request.into_inner();
        let query = request::event_query(query, now).map_err(grpc_status)?;
        let field =
            if field.is_empty() { Field::Service } else { event_field(&field).map_err(grpc_status)? };
        let limit = TOP_VALUES.checked_or_default("limit", limit.into()).map_err(grpc_status)?;
        let found = self.routes.events.top(&query, &field, limit, now).await.map_err(grpc_status)?;
        let is_partial = found.since > query.time.start;
        let value = |(value, events)| v1::ValueCount { value, events };
        Ok(Response::new(v1::TopValuesResponse {
            values: found.found.values.into_iter().map(value).collect(),
            others: found.found.others,
            without: found.found.without,
            complete_since: is_partial.then(|| time_of(found.since)),
            partial: self.partial("top", is_partial),
        }))
    }

    type FollowStream = Answers<v1::FollowEventsResponse>;

    async fn follow(
        &self,
        request: Request<v1::FollowEventsRequest>,
    ) -> Result<Response<Self::FollowStream>, Status> {
        let query = Some(v1::EventQuery { query: request.into_inner().query, from: None, to: None });
        let filter = request::event_query(query, Timestamp::now()).map_err(grpc_status)?.filter;
        let matches = move |event: &Event| filter.matches(event);
        let listener = self.routes.live.listen(matches).await.map_err(grpc_status)?;
        Ok(Response::new(Box::pin(listener.stream().map(|heard| Ok(message(&heard))))))
    }
}

fn message(heard: &Heard<Event>) -> v1::FollowEventsResponse {
    let events = heard.items.iter().map(v1::Event::from).collect();
    v1::FollowEventsResponse { events, skipped: heard.missed }
}
