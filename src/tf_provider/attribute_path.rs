//! Where in a block, object or collection a value or a problem is.

use std::fmt;

/// A place inside a configuration block, a state or a plan, as steps from its root.
///
/// Displays the way Terraform writes references: `timeouts.create`, `triggers["a"]`,
/// `offsets[0].before`. The root displays as nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AttributePath(Vec<Step>);

/// One step of an [`AttributePath`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// Into an attribute or nested block of that name.
    Attribute(String),
    /// Into the element of a map (or of map-nested blocks) with that key.
    Key(String),
    /// Into the element of a list or tuple (or of list-nested blocks) at that index, from 0.
    ///
    /// Elements of a set have no place of their own; there the number only tells apart the
    /// elements of one decoded value.
    Index(i64),
}

impl AttributePath {
    /// The whole block or object.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// The attribute or nested block `name` of the root.
    pub fn attribute(name: impl Into<String>) -> Self {
        Self(vec![Step::Attribute(name.into())])
    }

    /// The steps from the root, outermost first.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Whether this is the whole block or object.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// This path, one step further in.
    #[must_use]
    pub fn then(&self, step: Step) -> Self {
        let mut steps = Vec::with_capacity(self.0.len() + 1);
        steps.extend_from_slice(&self.0);
        steps.push(step);
        Self(steps)
    }

    /// This path, then into the attribute `name`.
    #[must_use]
    pub fn child_attribute(&self, name: impl Into<String>) -> Self {
        self.then(Step::Attribute(name.into()))
    }

    /// This path, then into the map element `key`.
    #[must_use]
    pub fn child_key(&self, key: impl Into<String>) -> Self {
        self.then(Step::Key(key.into()))
    }

    /// This path, then into the list element `index`.
    #[must_use]
    pub fn child_index(&self, index: i64) -> Self {
        self.then(Step::Index(index))
    }

    /// Puts `step` before the first step: a path known inside a part becomes one known inside
    /// the whole. Lets a recursive reader name places only when something is wrong.
    pub(in crate::tf_provider) fn prepend(&mut self, step: Step) {
        self.0.insert(0, step);
    }
}

impl FromIterator<Step> for AttributePath {
    fn from_iter<I: IntoIterator<Item = Step>>(steps: I) -> Self {
        Self(steps.into_iter().collect())
    }
}

impl fmt::Display for AttributePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Attribute(name) if position == 0 => f.write_str(name)?,
                Step::Attribute(name) => write!(f, ".{name}")?,
                Step::Key(key) => write!(f, "[{key:?}]")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_read_like_references() {
        let root = AttributePath::root();
        assert_eq!(root.to_string(), "");
        assert_eq!(root.child_attribute("timeouts").child_attribute("create").to_string(), "timeouts.create");
        let triggers = AttributePath::attribute("triggers");
        assert_eq!(triggers.child_key("a").to_string(), r#"triggers["a"]"#);
        assert_eq!(triggers.child_key("a\"\n").to_string(), r#"triggers["a\"\n"]"#);
        let offsets = AttributePath::attribute("offsets");
        assert_eq!(offsets.child_index(0).child_attribute("before").to_string(), "offsets[0].before");
        assert_eq!(root.child_key("a").to_string(), r#"["a"]"#);
    }

    #[test]
    fn a_part_is_placed_in_its_whole() {
        let mut path = AttributePath::attribute("before");
        path.prepend(Step::Index(3));
        path.prepend(Step::Attribute("offsets".into()));
        assert_eq!(path.to_string(), "offsets[3].before");
        assert_eq!(path.steps().len(), 3);
        assert!(!path.is_root());
        assert!(AttributePath::root().is_root());
    }
}
