//! Random values of random types survive a round trip. The seeds are fixed.

use std::collections::BTreeMap;

use crate::tf_provider::value::{Number, Type, Value, json, msgpack};

/// Marsaglia's xorshift generator, which gives the same values on every run.
struct XorShift(u64);

impl XorShift {
    /// From 0 to `limit - 1`.
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn text(&mut self) -> String {
        let alphabet = ['a', 'Z', '0', ' ', '"', '\\', '\n', '\0', 'é', '世', '🦀', '\u{301}'];
        (0..self.below(40)).map(|_| alphabet[self.below(alphabet.len())]).collect()
    }

    fn number(&mut self) -> Number {
        let mut text = String::from(if self.below(2) == 0 { "-" } else { "" });
        for _ in 0..=self.below(30) {
            text.push_str(["0", "1", "5", "9"][self.below(4)]);
        }
        if self.below(2) == 0 {
            text.push('.');
            text.push_str(&self.below(100_000).to_string());
        }
        if self.below(4) == 0 {
            text.push_str(["e5", "E-3", "e+1200", "e-1200"][self.below(4)]);
        }
        text.parse().unwrap()
    }

    fn ty(&mut self, depth: usize) -> Type {
        let inner = depth.saturating_sub(1);
        match self.below(if depth == 0 { 3 } else { 6 }) {
            0 => Type::Bool,
            1 => Type::Number,
            2 => Type::String,
            3 => Type::list(self.ty(inner)),
            4 => Type::map(self.ty(inner)),
            _ => Type::object((0..self.below(5)).map(|_| (self.text(), self.ty(inner))).collect::<Vec<_>>()),
        }
    }

    /// A value of `ty`. It can have unknown parts if `planned`.
    fn value(&mut self, ty: &Type, planned: bool) -> Value {
        match self.below(12) {
            0 => return Value::Null,
            1 if planned => return Value::Unknown,
            _ => {}
        }
        let count = self.below(5);
        match ty {
            Type::Bool => Value::Bool(self.below(2) == 0),
            Type::Number => Value::Number(self.number()),
            Type::String => Value::String(self.text()),
            Type::List(element) => (0..count).map(|_| self.value(element, planned)).collect(),
            Type::Map(element) => Value::Map((0..count).map(|_| (self.text(), self.value(element, planned))).collect()),
            Type::Object(types) => {
                let each = types.iter();
                Value::Map(each.map(|(name, ty)| (name.clone(), self.value(ty, planned))).collect::<BTreeMap<_, _>>())
            }
        }
    }
}

#[test]
fn values_survive_msgpack() {
    let mut random = XorShift(0x9e37_79b9_7f4a_7c15);
    let mut unknowns = 0;
    for _ in 0..3_000 {
        let ty = random.ty(4);
        let value = random.value(&ty, true);
        unknowns += usize::from(!value.is_wholly_known());
        let bytes = msgpack::encode(&value, &ty).unwrap();
        let back = msgpack::decode(&bytes, &ty).unwrap();
        assert_eq!(back, value, "{ty:?}");
        assert_eq!(msgpack::encode(&back, &ty).unwrap(), bytes, "{ty:?}");
    }
    assert!(unknowns > 300, "only {unknowns} values had unknown parts");
}

#[test]
fn known_values_survive_json() {
    let mut random = XorShift(0x2545_f491_4f6c_dd1d);
    for _ in 0..3_000 {
        let ty = random.ty(4);
        let value = random.value(&ty, false);
        assert!(value.is_wholly_known());
        let text = json::encode(&value).unwrap();
        assert_eq!(json::decode(text.as_bytes(), &ty), Ok(value), "{ty:?}");
    }
}
