//! Bounds of a list that comes in pages: one that never ends must not hold this process, or fill its memory.

use std::time::Duration;

use tokio::time::Instant;

/// The service documents at most 10,000 partitions of a topic, and 50 of them in a page.
const MAX_PAGES: usize = 1_000;
const MAX_ENTRIES: usize = 100_000;
const MAX_TIME: Duration = Duration::from_secs(5 * 60);

/// What one list may still take.
#[derive(Debug)]
pub(super) struct PageBudget {
    started: Instant,
    pages: usize,
}

impl PageBudget {
    /// For a list whose first page is not asked for yet.
    pub(super) fn new() -> Self {
        Self { started: Instant::now(), pages: 0 }
    }

    /// Counts a page that is not the last.
    ///
    /// # Errors
    /// The list is over its bounds: says so, and what the service did.
    pub(super) fn count_page(&mut self, entries: usize) -> Result<(), String> {
        self.pages += 1;
        let bound = if self.pages >= MAX_PAGES {
            format!("{MAX_PAGES} pages")
        } else if entries >= MAX_ENTRIES {
            format!("{MAX_ENTRIES} entries")
        } else if self.started.elapsed() >= MAX_TIME {
            format!("{} minutes", MAX_TIME.as_secs() / 60)
        } else {
            return Ok(());
        };
        let elapsed = self.started.elapsed().as_secs_f64();
        Err(format!(
            "the list has no end within {bound}: the service sent {entries} entries in {} pages in {elapsed:.1} s, and \
             offers more",
            self.pages
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn pages_entries_and_time_are_bounded() {
        let mut budget = PageBudget::new();
        for page in 1..MAX_PAGES {
            assert_eq!(budget.count_page(page), Ok(()));
        }
        assert!(budget.count_page(999).unwrap_err().starts_with("the list has no end within 1000 pages: the service"));

        let told = PageBudget::new().count_page(MAX_ENTRIES).unwrap_err();
        assert!(told.starts_with("the list has no end within 100000 entries"), "{told}");

        let mut budget = PageBudget::new();
        tokio::time::advance(MAX_TIME - Duration::from_millis(1)).await;
        assert_eq!(budget.count_page(1), Ok(()));
        tokio::time::advance(Duration::from_millis(1)).await;
        let told = budget.count_page(2).unwrap_err();
        assert!(
            told.contains("5 minutes: the service sent 2 entries in 2 pages in 300.0 s, and offers more"),
            "{told}"
        );
    }
}
