//! The usual values of a series.

/// Mean and variance of some values.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Usual {
    pub(crate) mean: f64,
    /// The mean of the squared distances from the mean.
    pub(crate) variance: f64,
}

impl Usual {
    /// Adds a value with the fraction `weight` of the total, from 0 to 1.
    pub(super) fn add(&mut self, value: f64, weight: f64) {
        let distance = value - self.mean;
        self.mean += weight * distance;
        self.variance = (1.0 - weight) * (self.variance + weight * distance * distance);
    }

    /// How many standard deviations `value` is away from the mean; negative below it. Infinite if all values were
    /// equal.
    pub(crate) fn deviations(&self, value: f64) -> f64 {
        let distance = value - self.mean;
        if distance == 0.0 { 0.0 } else { distance / self.variance.sqrt() }
    }
}
