//! Limits of paged lists, so that an endless list cannot block this process or fill its memory.

use tokio::time::Instant;

/// The service documents at most 10,000 partitions per topic, and 50 per page.
const MAX_PAGES: usize = 1_000;
const MAX_ENTRIES: usize = 100_000;

/// Counts the pages of one list against the limits.
#[derive(Debug)]
pub(super) struct PageBudget {
    started: Instant,
    pages: usize,
}

impl PageBudget {
    /// The budget of a list whose first page has not been requested yet.
    pub(super) fn new() -> Self {
        Self { started: Instant::now(), pages: 0 }
    }

    /// Counts a page that is not the last one. `entries`: of all pages.
    ///
    /// # Errors
    /// The list exceeds a limit. The message has the limit and the number of pages and entries.
    pub(super) fn count_page(&mut self, entries: usize) -> Result<(), String> {
        self.pages += 1;
        let bound = if self.pages >= MAX_PAGES {
            format!("{MAX_PAGES} pages")
        } else if entries >= MAX_ENTRIES {
            format!("{MAX_ENTRIES} entries")
        } else {
            return Ok(());
        };
        let elapsed = self.started.elapsed().as_secs_f64();
        Err(format!(
            "the list does not end within {bound}: the service sent {entries} entries in {} pages in {elapsed:.1} s, \
             and offers more",
            self.pages
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn pages_and_entries_are_bounded() {
        let mut budget = PageBudget::new();
        for page in 1..MAX_PAGES {
            assert_eq!(budget.count_page(page), Ok(()));
        }
        tokio::time::advance(std::time::Duration::from_secs(3)).await;
        let errors = [budget.count_page(999), PageBudget::new().count_page(MAX_ENTRIES)].map(Result::unwrap_err);
        insta::assert_snapshot!(errors.join("\n"), @r"
        the list does not end within 1000 pages: the service sent 999 entries in 1000 pages in 3.0 s, and offers more
        the list does not end within 100000 entries: the service sent 100000 entries in 1 pages in 0.0 s, and offers more
        ");
    }
}
