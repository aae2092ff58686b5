//! CallOptions on many things, some at a time.

use std::convert::Infallible;
use std::future::Future;

use tokio::task::JoinSet;

/// How many requests of one reset may be on their way at once.
pub(crate) const AT_ONCE: usize = 8;

/// Does `work` on each item, at most [`AT_ONCE`] at a time, and gives the outcomes in the order of the items. Dropping
/// the future gives up what has not ended.
pub(crate) async fn together<I, T, F>(items: Vec<I>, work: impl Fn(I) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let outcomes = try_together(items, |item| {
        let work = work(item);
        async move { Ok::<T, Infallible>(work.await) }
    });
    match outcomes.await {
        Ok(outcomes) => outcomes,
        Err(never) => match never {},
    }
}

/// The same for work that can fail: the first failure ends the rest, and is what comes back.
pub(crate) async fn try_together<I, T, E, F>(items: Vec<I>, work: impl Fn(I) -> F) -> Result<Vec<T>, E>
where
    T: Send + 'static,
    E: Send + 'static,
    F: Future<Output = Result<T, E>> + Send + 'static,
{
    let mut outcomes: Vec<Option<T>> = items.iter().map(|_| None).collect();
    let mut waiting = items.into_iter().enumerate();
    let mut running = JoinSet::new();
    loop {
        while running.len() < AT_ONCE
            && let Some((index, item)) = waiting.next()
        {
            let work = work(item);
            running.spawn(async move { (index, work.await) });
        }
        match running.join_next().await {
            None => return Ok(outcomes.into_iter().flatten().collect()),
            Some(ended) => {
                let (index, outcome) = joined(ended);
                outcomes[index] = Some(outcome?);
            }
        }
    }
}

/// What a task came to; its panic goes on here, where the call it belongs to catches it.
pub(crate) fn joined<T>(ended: Result<T, tokio::task::JoinError>) -> T {
    match ended {
        Ok(outcome) => outcome,
        Err(failure) => std::panic::resume_unwind(failure.into_panic()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn outcomes_keep_their_order_and_no_more_than_eight_run_at_once() {
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let outcomes = together((0..50).collect(), |item: usize| {
            let (running, most) = (Arc::clone(&running), Arc::clone(&most));
            async move {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                for _ in 0..(50 - item) {
                    tokio::task::yield_now().await;
                }
                running.fetch_sub(1, Ordering::SeqCst);
                item * 2
            }
        })
        .await;
        assert_eq!(outcomes, (0..50).map(|item| item * 2).collect::<Vec<_>>());
        assert_eq!(most.load(Ordering::SeqCst), AT_ONCE);
    }

    /// Five hundred requests were made after the first one had failed.
    #[tokio::test]
    async fn first_failure_ended_nothing() {
        let begun = Arc::new(AtomicUsize::new(0));
        let outcome: Result<Vec<()>, usize> = try_together((0..500).collect(), |item: usize| {
            let begun = Arc::clone(&begun);
            async move {
                begun.fetch_add(1, Ordering::SeqCst);
                Err(item)
            }
        })
        .await;
        assert_eq!(outcome, Err(0));
        assert!(begun.load(Ordering::SeqCst) <= AT_ONCE);
    }
}
