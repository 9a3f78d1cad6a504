//! The weather of cities, from OpenWeather: `source="openweather"`, label `city` as configured.
//!
//! | series        | unit      | is                      |
//! |---------------|-----------|-------------------------|
//! | `temperature` | `°C`      | of the air              |
//! | `humidity`    | `percent` | relative                |
//! | `pressure`    | `hPa`     | reduced to sea level    |
//! | `wind_speed`  | `m/s`     | mean                    |
//!
//! A sample has the time of the measurement, and each measurement is returned once however often it is queried: most
//! stations measure every ten minutes.
//!
//! OpenWeather requires its key in the query. No URL ever appears in a log, an error or a metric.

mod answer;
mod city;
mod config;
mod target;
#[cfg(test)]
mod tests;

pub use city::{City, CityError, MAX_CITY_BYTES};
pub use config::{MAX_CITIES, OpenWeatherConfig};

use super::hold::Hold;
use crate::target::Target;
use std::sync::Arc;
use target::{Access, CityTarget};
use watchkeeper_http_client::HttpClient;

const SOURCE: &str = "openweather";

impl OpenWeatherConfig {
    /// One target per city; they share the key's quota.
    pub(crate) fn targets(self, old_names: bool) -> Vec<Box<dyn Target>> {
        let Self { timing, cities, key, base_url } = self;
        let client = HttpClient::new(timing.timeout());
        let access = Arc::new(Access { client, hold: Hold::default(), key, base_url });
        let target = |city| CityTarget::new(city, timing, Arc::clone(&access), old_names);
        cities.into_iter().map(|city| Box::new(target(city)) as Box<dyn Target>).collect()
    }
}
