//! The pauses between polls of something that takes time: short at first, then longer.

use std::time::Duration;

/// Pauses that grow by half each time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PollInterval {
    next: Duration,
    longest: Duration,
}

impl PollInterval {
    /// From `first` up to `longest`.
    pub(crate) fn new(first: Duration, longest: Duration) -> Self {
        Self { next: first, longest }
    }

    /// The next pause.
    pub(crate) fn pause(&mut self) -> Duration {
        let pause = self.next.min(self.longest);
        self.next = pause.mul_f64(1.5);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_longest() {
        let mut interval = PollInterval::new(Duration::from_millis(250), Duration::from_secs(2));
        let pauses: Vec<u128> = std::iter::repeat_with(|| interval.pause().as_millis()).take(8).collect();
        assert_eq!(pauses, [250, 375, 562, 843, 1265, 1898, 2000, 2000]);
    }
}
