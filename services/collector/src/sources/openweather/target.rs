//! Queries OpenWeather for one city.

use super::answer::{Weather, decode};
use super::city::City;
use super::config::OpenWeatherConfig;
use super::{SOURCE, target_name};
use crate::readings::Readings;
use crate::sources::hold::Hold;
use crate::target::{CollectError, Target, Timing};
use async_trait::async_trait;
use std::sync::Arc;
use watchkeeper_domain::{Sample, Timestamp, limits};
use watchkeeper_http_client::{HttpAnswer, HttpClient, HttpError, HttpRequest};

/// Longest response, in bytes. A usual one has less than 1 KiB.
pub(super) const MAX_ANSWER_BYTES: usize = 64 * 1024;

const NOT_FOUND: u16 = 404;

/// What the targets of all cities share.
pub(super) struct Account {
    client: HttpClient,
    hold: Hold,
    config: Arc<OpenWeatherConfig>,
}

/// One city.
pub(crate) struct CityTarget {
    name: String,
    city: City,
    timing: Timing,
    account: Arc<Account>,
    /// The time of the last measurement.
    last_measured_at: Option<Timestamp>,
    readings: Readings,
}

impl CityTarget {
    pub(super) fn new(city: City, timing: Timing, account: Arc<Account>, old_names: bool) -> Self {
        Self {
            name: target_name(&city),
            timing,
            account,
            last_measured_at: None,
            readings: Readings::new(SOURCE, vec![("city", city.to_string())]).with_old_names(old_names),
            city,
        }
    }

    /// The samples of a measurement; none if it is not newer than the last one.
    fn samples(&mut self, weather: Weather, now: Timestamp) -> Result<Vec<Sample>, CollectError> {
        let measured_at = weather.measured_at().filter(|&at| limits::check_time(at, now).is_ok());
        let Some(measured_at) = measured_at else {
            return Err(CollectError::Malformed("the time of the measurement is not in the past".to_owned()));
        };
        if self.last_measured_at.is_some_and(|last| measured_at <= last) {
            return Ok(Vec::new());
        }
        self.last_measured_at = Some(measured_at);
        self.readings.begin(measured_at);
        weather.add_to(&mut self.readings);
        Ok(self.readings.take())
    }
}

#[async_trait]
impl Target for CityTarget {
    fn source(&self) -> &'static str {
        SOURCE
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn timing(&self) -> Timing {
        self.timing
    }

    async fn collect(&mut self) -> Result<Vec<Sample>, CollectError> {
        let answer = self.account.ask(&self.city).await?;
        let weather = decode(answer.body()).map_err(CollectError::Malformed)?;
        self.samples(weather, Timestamp::now())
    }
}

impl Account {
    pub(super) fn new(config: &Arc<OpenWeatherConfig>) -> Self {
        let client = HttpClient::new(config.timing.timeout()).trusting(config.access.trust.clone());
        Self { client, hold: Hold::default(), config: Arc::clone(config) }
    }

    /// The response for a city, if it is a success.
    async fn ask(&self, city: &City) -> Result<HttpAnswer, CollectError> {
        self.hold.check(Timestamp::now())?;
        let OpenWeatherConfig { base_url, key, access, .. } = &*self.config;
        let request = HttpRequest::get(base_url.with_path("/data/2.5/weather"))
            .query("q", city.to_string())
            .query("units", "metric")
            .query("appid", key.expose())
            .max_body(MAX_ANSWER_BYTES);
        let answer = self.client.send(access.apply(request)).await?;
        let now = Timestamp::now();
        self.hold.note(answer.status(), &answer, now);
        if answer.status() == NOT_FOUND {
            return Err(CollectError::Malformed("OpenWeather knows no city of that name".to_owned()));
        }
        answer.success().map_err(|error| match error {
            HttpError::Refused { .. } => self.hold.check(now).err().unwrap_or(error.into()),
            other => other.into(),
        })
    }
}
