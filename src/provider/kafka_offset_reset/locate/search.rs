//! The search for the message that a time resolves to.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::huaweicloud::{Error, MessageHint, MessageOffset, StoredMessage, UnixMillis};

use super::interpolation::{IntervalEnd, ProbeChooser};
use super::log_range::LogRange;
use super::{Guess, Location, PartitionMessages, Place, Undetermined};

/// The longest log that is read offset by offset if its ends cannot be read. An emptied log may contain only
/// transaction markers, and the service's response for such a log is not documented.
const SMALL_LOG: i64 = 16;

/// Resolves a time in one partition. `log` is its range as it was last read. Sends at most `max_requests` requests for
/// messages, and one for the hint.
///
/// # Errors
/// See [`Undetermined`].
pub(crate) async fn locate(
    time: UnixMillis,
    log: LogRange,
    guess: Guess,
    max_requests: u32,
    messages: &impl PartitionMessages,
) -> Result<Location, Undetermined> {
    let mut search = Search {
        time,
        log,
        messages,
        max_requests,
        requests: 0,
        must_be: match guess {
            Guess::Offset(offset) => Some(offset),
            Guess::Hint => None,
        },
        older: None,
        newer: None,
        read: BTreeMap::new(),
        without_message: BTreeSet::new(),
        has_read_at_offset: false,
        hint: None,
        disorder: None,
    };
    let place = match search.run(guess).await {
        Err(Undetermined::Unreadable(_)) if search.length() <= SMALL_LOG => search.read_all().await,
        place => place,
    }?;
    let is_hinted = matches!(&place, Place::Message { message, .. } if search.hint == Some(message.offset));
    Ok(Location { place, is_hinted, disorder: search.disorder })
}

/// A search, and what it has read.
struct Search<'a, M> {
    time: UnixMillis,
    log: LogRange,
    messages: &'a M,
    max_requests: u32,
    requests: u32,
    /// The search ends as soon as a message shows that the time does not resolve to this offset.
    must_be: Option<MessageOffset>,
    /// The last message known to be older than the time, of those before `newer`.
    older: Option<StoredMessage>,
    /// The first message known not to be older.
    newer: Option<StoredMessage>,
    read: BTreeMap<MessageOffset, StoredMessage>,
    /// The offsets that were read and have no message.
    without_message: BTreeSet<i64>,
    /// A read at an offset has returned a message. Until then, `without_message` proves nothing: a service whose read
    /// by offset does not work would look like a log without messages.
    has_read_at_offset: bool,
    /// The offset of the message that the service named.
    hint: Option<MessageOffset>,
    disorder: Option<(StoredMessage, StoredMessage)>,
}

impl<M: PartitionMessages> Search<'_, M> {
    async fn run(&mut self, guess: Guess) -> Result<Place, Undetermined> {
        if self.log.is_empty() {
            return Ok(Place::Empty);
        }
        let guess = match guess {
            Guess::Offset(offset) => Some(offset),
            Guess::Hint => match self.messages.hint(self.time).await.map_err(Undetermined::Unreadable)? {
                MessageHint::Unavailable => None,
                MessageHint::NoMessage => Some(self.log.end),
                MessageHint::Message(message) => {
                    self.hint = Some(message.offset);
                    self.hint
                }
            },
        };
        match guess {
            Some(guess) if guess >= self.log.end => {
                let last = self.read_last().await?;
                if last.timestamp < self.time {
                    return Ok(Place::End { last });
                }
            }
            Some(guess) => self.read_around(guess.get()).await?,
            None => {}
        }
        self.check_guess()?;
        if let Some(place) = self.found() {
            return Ok(place);
        }
        if self.older.is_none() {
            let first = self.read_first().await?;
            if first.timestamp >= self.time {
                return Ok(Place::Message { previous: None, message: first });
            }
        }
        if self.newer.is_none() {
            let last = self.read_last().await?;
            if last.timestamp < self.time {
                return Ok(Place::End { last });
            }
        }
        self.narrow().await
    }

    /// Reads the guessed offset and the one before it at the same time, and then the next offset that may confirm the
    /// guess.
    async fn read_around(&mut self, guess: i64) -> Result<(), Undetermined> {
        let log = self.log.start.get()..self.log.end.get();
        let before = guess - 1;
        let (message, previous) = if log.contains(&before) {
            self.count_request()?;
            self.count_request()?;
            let (at, before_it) = (offset(guess), offset(before));
            let (message, previous) = tokio::join!(self.messages.at(at), self.messages.at(before_it));
            (self.record_read(guess, message)?, self.record_read(before, previous)?)
        } else {
            (self.read_at(guess).await?, None)
        };
        let next = match (&message, &previous) {
            (Some(message), None) if message.timestamp >= self.time => guess - 2,
            // A transaction marker, or a compacted message.
            (None, _) => guess + 1,
            _ => return self.check_guess(),
        };
        self.check_guess()?;
        if log.contains(&next) && self.found().is_none() {
            self.read_at(next).await?;
        }
        self.check_guess()
    }

    /// Narrows the interval between the two messages until there is no message between them.
    async fn narrow(&mut self) -> Result<Place, Undetermined> {
        let mut chooser = ProbeChooser::default();
        loop {
            self.check_reads_at_offsets().await?;
            self.check_guess()?;
            if let Some(place) = self.found() {
                return Ok(place);
            }
            let (Some(older), Some(newer)) = (self.older.clone(), self.newer.clone()) else {
                return Err(self.too_many_requests());
            };
            let wanted = chooser.next(self.time, &older, &newer);
            let between = older.offset.get() + 1..newer.offset.get();
            // Offsets without a message are often adjacent, so the distance doubles.
            let near = (0..i64::BITS - 1).flat_map(|bit| [wanted.checked_add(1 << bit), wanted.checked_sub(1 << bit)]);
            let near = std::iter::once(wanted).chain(near.flatten()).filter(|it| between.contains(it));
            let unread = |offset: &i64| !self.without_message.contains(offset);
            let Some(probe) = near.chain(between.clone()).find(unread) else { return Err(self.too_many_requests()) };
            if let Some(message) = self.read_at(probe).await? {
                let (end, from) = if message.timestamp < self.time {
                    (IntervalEnd::Older, older.offset)
                } else {
                    (IntervalEnd::Newer, newer.offset)
                };
                chooser.record(end, (message.offset.get() - from.get()).abs());
            }
        }
    }

    /// The result, if what was read proves it.
    fn found(&self) -> Option<Place> {
        let message = self.newer.clone()?;
        let start = match &self.older {
            Some(older) => older.offset.get() + 1,
            None => self.log.start.get(),
        };
        let is_proven = self.is_without_message(start..message.offset.get());
        is_proven.then(|| Place::Message { previous: self.older.clone(), message })
    }

    /// Before offsets without a message may prove anything: checks that a read at the offset of a known message returns
    /// it. Sends a request only if no read at an offset has returned a message yet.
    async fn check_reads_at_offsets(&mut self) -> Result<(), Undetermined> {
        if self.has_read_at_offset || self.without_message.is_empty() {
            return Ok(());
        }
        // Retention removes the older one first.
        let Some(known) = self.newer.as_ref().or(self.older.as_ref()).cloned() else { return Ok(()) };
        match self.read_at(known.offset.get()).await? {
            Some(_) => Ok(()),
            None => Err(Undetermined::NotFound(known)),
        }
    }

    /// Fails if a message shows that the time does not resolve to the offset of [`Guess::Offset`].
    fn check_guess(&self) -> Result<(), Undetermined> {
        let Some(guess) = self.must_be else { return Ok(()) };
        if let Some(newer) = self.newer.as_ref().filter(|newer| newer.offset < guess) {
            return Err(Undetermined::WrongGuess(newer.clone()));
        }
        match self.read.range(guess..).next() {
            Some((offset, next))
                if next.timestamp < self.time && self.is_without_message(guess.get()..offset.get()) =>
            {
                Err(Undetermined::WrongGuess(next.clone()))
            }
            _ => Ok(()),
        }
    }

    fn is_without_message(&self, offsets: Range<i64>) -> bool {
        let length = usize::try_from(offsets.end.saturating_sub(offsets.start).max(0)).unwrap_or(usize::MAX);
        length <= self.without_message.len()
            && (offsets.is_empty() || self.without_message.range(offsets).count() == length)
    }

    fn length(&self) -> i64 {
        self.log.end.get() - self.log.start.get()
    }

    /// Reads a small log offset by offset.
    async fn read_all(&mut self) -> Result<Place, Undetermined> {
        for offset in self.log.start.get()..self.log.end.get() {
            if !self.without_message.contains(&offset) {
                self.read_at(offset).await?;
            }
        }
        self.check_reads_at_offsets().await?;
        Ok(match (self.found(), self.older.clone()) {
            (Some(place), _) => place,
            (None, Some(last)) => Place::End { last },
            (None, None) => return Err(Undetermined::NoMessages),
        })
    }

    async fn read_first(&mut self) -> Result<StoredMessage, Undetermined> {
        self.count_request()?;
        let first = self.messages.first().await.map_err(Undetermined::Unreadable)?;
        // Retention may have removed a message that was read before.
        self.newer.take_if(|newer| newer.offset < first.offset);
        self.record(first.clone());
        Ok(first)
    }

    async fn read_last(&mut self) -> Result<StoredMessage, Undetermined> {
        self.count_request()?;
        let last = self.messages.last().await.map_err(Undetermined::Unreadable)?;
        if self.read.keys().next_back().is_some_and(|read| *read > last.offset) {
            return Err(Undetermined::Inconsistent(last));
        }
        self.record(last.clone());
        Ok(last)
    }

    async fn read_at(&mut self, number: i64) -> Result<Option<StoredMessage>, Undetermined> {
        self.count_request()?;
        let result = self.messages.at(offset(number)).await;
        self.record_read(number, result)
    }

    fn record_read(
        &mut self,
        number: i64,
        result: Result<Option<StoredMessage>, Error>,
    ) -> Result<Option<StoredMessage>, Undetermined> {
        let message = result.map_err(Undetermined::Unreadable)?;
        match &message {
            Some(message) => {
                self.has_read_at_offset = true;
                self.record(message.clone());
            }
            None => drop(self.without_message.insert(number)),
        }
        Ok(message)
    }

    fn count_request(&mut self) -> Result<(), Undetermined> {
        if self.requests >= self.max_requests {
            return Err(self.too_many_requests());
        }
        self.requests += 1;
        Ok(())
    }

    fn too_many_requests(&self) -> Undetermined {
        let (older, newer) = (self.older.clone(), self.newer.clone());
        Undetermined::TooManyRequests { requests: self.requests, older, newer }
    }

    /// Records a message: whether it narrows the interval, and whether it is out of order.
    fn record(&mut self, message: StoredMessage) {
        let earlier = self.read.range(..message.offset).next_back().map(|(_, it)| it.clone());
        let later = self.read.range(message.offset..).map(|(_, it)| it).find(|it| it.offset > message.offset).cloned();
        let is_disorder = |(earlier, later): &(StoredMessage, StoredMessage)| earlier.timestamp > later.timestamp;
        let pairs = [earlier.map(|it| (it, message.clone())), later.map(|it| (message.clone(), it))];
        self.disorder = self.disorder.take().or_else(|| pairs.into_iter().flatten().find(is_disorder));
        self.read.insert(message.offset, message.clone());

        if self.newer.as_ref().is_some_and(|newer| newer.offset <= message.offset) {
            return;
        }
        let is_after_older = self.older.as_ref().is_none_or(|older| older.offset < message.offset);
        if message.timestamp >= self.time {
            if !is_after_older {
                // The messages are out of order. Kafka's offset is at this earlier crossing or before it.
                let before = self.read.range(..message.offset).rev().map(|(_, it)| it);
                self.older = before.into_iter().find(|it| it.timestamp < self.time).cloned();
            }
            self.newer = Some(message);
        } else if is_after_older {
            self.older = Some(message);
        }
    }
}

/// The nearest valid offset.
fn offset(number: i64) -> MessageOffset {
    MessageOffset::try_from(number.max(0)).unwrap_or(MessageOffset::MIN)
}
