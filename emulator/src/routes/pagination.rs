//! Pagination of lists by `offset` and `limit`.

use crate::encoding::Query;
use crate::message::ApiError;

/// The limits of a paged list.
#[derive(Clone, Copy)]
pub(super) struct PageLimits {
    pub(super) default: i64,
    pub(super) min: i64,
    pub(super) max: i64,
    pub(super) max_offset: i64,
    /// Refuse an `offset` at or beyond the end, except 0, instead of returning an empty list.
    pub(super) strict_offset: bool,
}

/// The lists of a group: documented limits, documented error.
pub(super) const GROUP_LISTS: PageLimits =
    PageLimits { default: 10, min: 1, max: 50, max_offset: i64::MAX, strict_offset: true };
/// The instances of a project: documented limits.
pub(super) const INSTANCES: PageLimits = PageLimits { strict_offset: false, ..GROUP_LISTS };
/// The topics of an instance: documented limits.
pub(super) const TOPICS: PageLimits =
    PageLimits { default: 50, min: 0, max: 200, max_offset: i64::MAX, strict_offset: false };
/// The partitions of a topic: the limits in the API Explorer, which states no default.
pub(super) const PARTITIONS: PageLimits =
    PageLimits { default: 10, min: 1, max: 50, max_offset: 10_000, strict_offset: false };

/// The page of `all` that the query selects.
///
/// # Errors
///
/// `offset` or `limit` is outside of the limits.
pub(super) fn paginate<T>(all: Vec<T>, query: &Query, limits: PageLimits) -> Result<Vec<T>, ApiError> {
    let offset = query.number("offset", 0, limits.max_offset)?.unwrap_or(0);
    let limit = query.number("limit", limits.min, limits.max)?.unwrap_or(limits.default);
    let total = all.len();
    let offset = usize::try_from(offset).unwrap_or(usize::MAX);
    if limits.strict_offset && offset > 0 && offset >= total {
        let message = format!("The offset {offset} is not below the total {total}.");
        return Err(ApiError::new(400, "DMS.00400062", message));
    }
    let limit = usize::try_from(limit).unwrap_or(0);
    Ok(all.into_iter().skip(offset).take(limit).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(raw: &str, limits: PageLimits) -> Result<Vec<usize>, String> {
        let query = Query::parse(Some(raw), &["offset", "limit"]).unwrap();
        paginate((0..60).collect(), &query, limits).map_err(|error| error.code.into_owned())
    }

    #[test]
    fn pages_follow_the_documented_limits() {
        assert_eq!(page("", GROUP_LISTS), Ok((0..10).collect()));
        assert_eq!(page("limit=50", GROUP_LISTS), Ok((0..50).collect()));
        assert_eq!(page("offset=50&limit=50", GROUP_LISTS), Ok((50..60).collect()));
        assert_eq!(page("limit=51", GROUP_LISTS), Err("DMS.00400062".to_owned()));
        assert_eq!(page("limit=0", GROUP_LISTS), Err("DMS.00400062".to_owned()));
        assert_eq!(page("offset=-1", GROUP_LISTS), Err("DMS.00400062".to_owned()));
        assert_eq!(page("offset=60", GROUP_LISTS), Err("DMS.00400062".to_owned()));
        assert_eq!(page("offset=60", TOPICS), Ok(vec![]));
        assert_eq!(page("", TOPICS), Ok((0..50).collect()));
        assert_eq!(page("limit=0", TOPICS), Ok(vec![]));
        assert_eq!(page("limit=201", TOPICS), Err("DMS.00400062".to_owned()));
        assert_eq!(page("offset=10000", PARTITIONS), Ok(vec![]));
        assert_eq!(page("offset=10001", PARTITIONS), Err("DMS.00400062".to_owned()));
    }

    #[test]
    fn first_page_of_an_empty_list_is_empty() {
        let query = Query::parse(Some("offset=0"), &["offset"]).unwrap();
        assert_eq!(paginate(Vec::<u8>::new(), &query, GROUP_LISTS).unwrap(), Vec::<u8>::new());
    }
}
