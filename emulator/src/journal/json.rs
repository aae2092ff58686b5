//! The journal as JSON, written piece by piece, so that other requests are served in between.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::vec::IntoIter;

use hyper::body::{Body, Bytes, Frame};

use super::{Journal, JournalEntry};

/// A piece ends with the entry that reaches this length.
const PIECE: usize = 16 * 1024;

/// The body of a response: a JSON array of entries.
pub(crate) struct JournalJson {
    entries: IntoIter<Arc<JournalEntry>>,
    /// What separates the next entry from the text before it. `None`: the array has ended.
    separator: Option<u8>,
    /// Whether this body has yielded to other tasks since the last piece.
    has_yielded: bool,
}

impl JournalJson {
    pub(crate) fn new(journal: Journal) -> Self {
        Self { entries: journal.entries.into_iter(), separator: Some(b'['), has_yielded: true }
    }
}

impl Body for JournalJson {
    type Data = Bytes;
    type Error = serde_json::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, serde_json::Error>>> {
        let Some(mut separator) = self.separator else { return Poll::Ready(None) };
        // hyper polls for pieces without yielding, as long as the client accepts them.
        self.has_yielded = !self.has_yielded;
        if self.has_yielded {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let mut piece = Vec::with_capacity(PIECE);
        while piece.len() < PIECE {
            let Some(entry) = self.entries.next() else {
                piece.extend_from_slice(if separator == b'[' { b"[]" } else { b"]" });
                self.separator = None;
                return Poll::Ready(Some(Ok(Frame::data(piece.into()))));
            };
            piece.push(separator);
            serde_json::to_writer(&mut piece, &*entry)?;
            separator = b',';
        }
        self.separator = Some(separator);
        Poll::Ready(Some(Ok(Frame::data(piece.into()))))
    }
}
