//! Random values of random types, always the same ones: what is written is read back.

use std::collections::BTreeMap;

use crate::tf_provider::value::{Number, Type, Value, json, msgpack};

/// Marsaglia's xorshift: enough variety for tests, the same on every run.
struct Dice(u64);

impl Dice {
    /// From 0 to `sides - 1`.
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn text(&mut self) -> String {
        let alphabet = ['a', 'Z', '0', ' ', '"', '\\', '\n', '\0', 'é', '世', '🦀', '\u{301}'];
        (0..self.roll(40)).map(|_| alphabet[self.roll(alphabet.len())]).collect()
    }

    fn number(&mut self) -> Number {
        let mut text = String::from(if self.roll(2) == 0 { "-" } else { "" });
        for _ in 0..=self.roll(30) {
            text.push_str(["0", "1", "5", "9"][self.roll(4)]);
        }
        if self.roll(2) == 0 {
            text.push('.');
            text.push_str(&self.roll(100_000).to_string());
        }
        if self.roll(4) == 0 {
            text.push_str(["e5", "E-3", "e+1200", "e-1200"][self.roll(4)]);
        }
        text.parse().unwrap()
    }

    fn ty(&mut self, depth: usize) -> Type {
        let inner = depth.saturating_sub(1);
        match self.roll(if depth == 0 { 3 } else { 9 }) {
            0 => Type::Bool,
            1 => Type::Number,
            2 => Type::String,
            3 => Type::Dynamic,
            4 => Type::list(self.ty(inner)),
            5 => Type::set(self.ty(inner)),
            6 => Type::map(self.ty(inner)),
            7 => Type::Tuple((0..self.roll(4)).map(|_| self.ty(inner)).collect()),
            _ => Type::object((0..self.roll(5)).map(|_| (self.text(), self.ty(inner))).collect::<Vec<_>>()),
        }
    }

    /// A value of `ty`; with unknown parts if `planned`.
    fn value(&mut self, ty: &Type, planned: bool) -> Value {
        match self.roll(12) {
            0 => return Value::Null,
            1 if planned => return Value::Unknown,
            _ => {}
        }
        let count = self.roll(5);
        match ty {
            Type::Bool => Value::Bool(self.roll(2) == 0),
            Type::Number => Value::Number(self.number()),
            Type::String => Value::String(self.text()),
            Type::Dynamic => {
                let ty = match self.ty(2) {
                    Type::Dynamic => Type::String,
                    ty => ty,
                };
                let value = self.value(&ty, planned);
                Value::Dynamic(Box::new((ty, value)))
            }
            Type::List(element) => (0..count).map(|_| self.value(element, planned)).collect(),
            Type::Set(element) => {
                let mut elements: Vec<_> = (0..count).map(|_| self.value(element, planned)).collect();
                elements.sort();
                Value::List(elements)
            }
            Type::Map(element) => Value::Map((0..count).map(|_| (self.text(), self.value(element, planned))).collect()),
            Type::Object(types) => {
                let each = types.iter();
                Value::Map(each.map(|(name, ty)| (name.clone(), self.value(ty, planned))).collect::<BTreeMap<_, _>>())
            }
            Type::Tuple(types) => types.iter().map(|ty| self.value(ty, planned)).collect(),
        }
    }
}

#[test]
fn values_survive_msgpack() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut unknowns = 0;
    for _ in 0..3_000 {
        let ty = dice.ty(4);
        let value = dice.value(&ty, true);
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
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    for _ in 0..3_000 {
        let ty = dice.ty(4);
        let value = dice.value(&ty, false);
        assert!(value.is_wholly_known());
        let bytes = json::encode(&value, &ty).unwrap();
        assert_eq!(json::decode(&bytes, &ty), Ok(value), "{ty:?}");
    }
}

#[test]
fn types_survive_their_description() {
    let mut dice = Dice(0x0123_4567_89ab_cdef);
    for _ in 0..3_000 {
        let ty = dice.ty(5);
        assert_eq!(Type::from_json(&ty.to_json()), Ok(ty));
    }
}
