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

use super::shared::Shared;
use std::sync::Arc;
use target::{Account, CityTarget};

const SOURCE: &str = "openweather";

/// The name of the target of a city.
pub(crate) fn target_name(city: &City) -> String {
    format!("{SOURCE}/{city}")
}

/// What the cities share.
#[derive(Default)]
pub(crate) struct OpenWeather(Shared<OpenWeatherConfig, Account>);

impl OpenWeather {
    /// The target of a city. Those of equal configurations share the key's quota.
    pub(crate) fn target(
        &mut self,
        config: &Arc<OpenWeatherConfig>,
        city: &City,
        old_names: bool,
    ) -> CityTarget {
        CityTarget::new(city.clone(), config.timing, self.0.of(config, || Account::new(config)), old_names)
    }
}

impl OpenWeatherConfig {
    /// Each city, with the configuration that all of them share.
    pub(crate) fn of_each(&self) -> impl Iterator<Item = (Arc<Self>, City)> {
        let shared = Arc::new(Self { cities: Vec::new(), ..self.clone() });
        self.cities.iter().map(move |city| (Arc::clone(&shared), city.clone()))
    }
}
