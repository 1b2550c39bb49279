//! What the instruction sets have in common over terms: their vectors of one lane.

/// Defines an instruction set over terms, with the vectors and masks of its files: what they have
/// in common. `$window` is what its `words` call the bits from a position on.
macro_rules! over_terms {
    ($isa:ident, $window:path) => {
        /// The instruction set, which needs no detection.
        #[derive(Clone, Copy)]
        pub(crate) struct $isa;

        /// One lane.
        #[derive(Clone, Copy)]
        pub(crate) struct Vector(pub(crate) Term);

        /// One lane's truth value: 0 or 1.
        #[derive(Clone, Copy)]
        pub(crate) struct Mask(pub(crate) Term);

        impl $isa {
            fn splat(self, value: u64) -> Vector {
                Vector(Term::constant(value))
            }
        }

        impl Vector {
            #[inline(never)]
            fn splat(self, value: u64) -> Self {
                Self(Term::constant(value))
            }

            #[inline(never)]
            fn add(self, other: Self) -> Self {
                Self(models::vpaddq(self.0, other.0))
            }

            #[inline(never)]
            fn sub(self, other: Self) -> Self {
                Self(models::vpsubq(self.0, other.0))
            }

            #[inline(never)]
            fn and(self, other: Self) -> Self {
                Self(models::vpand(self.0, other.0))
            }

            #[inline(never)]
            fn or(self, other: Self) -> Self {
                Self(models::vpor(self.0, other.0))
            }

            #[inline(never)]
            fn xor(self, other: Self) -> Self {
                Self(models::vpxor(self.0, other.0))
            }

            #[inline(never)]
            fn shr_by(self, count: Self) -> Self {
                Self(models::vpsrlq(self.0, count.count()))
            }

            #[inline(never)]
            fn shl_by(self, count: Self) -> Self {
                Self(models::vpsllq(self.0, count.count()))
            }

            #[inline(never)]
            fn count(self) -> u32 {
                self.0.value().expect("shifts are by public numbers") as u32
            }

            #[inline(never)]
            fn select(mask: &Mask, a: Self, b: Self) -> Self {
                Self(mask.0.choose(a.0, b.0))
            }
        }

        impl Isa for $isa {
            const LANES: usize = 1;
            const GROUP: usize = 16;

            type Integers = [Vector; 4];
            type Mask = Mask;
            type Index = Vector;
            type Group<T: Copy> = [T; 16];

            type Gf25519 = apart::Gf25519<gf25519::Gf25519>;
            type GfP256 = apart::GfP256<gfp256::GfP256>;

            fn vectorize<K: Kernel<Self>>(self, kernel: K) {
                kernel.run(self);
            }

            fn clear_registers(self) {}

            fn group<T: Copy>(vector: T) -> [T; 16] {
                [vector; 16]
            }

            #[inline(never)]
            fn load(self, integers: &[Integer]) -> [Vector; 4] {
                super::inputs(&integers[0]).map(Vector)
            }

            #[inline(never)]
            fn store(integers: &[Vector; 4], to: &mut [Integer]) {
                to[0] = super::names(integers.map(|word| word.0));
            }

            #[inline(never)]
            fn gray(integers: &[Vector; 4]) -> [Vector; 4] {
                words::gray(integers)
            }

            #[inline(never)]
            fn bit(integers: &[Vector; 4], position: usize) -> Mask {
                words::bit(integers, position)
            }

            #[inline(never)]
            fn window(integers: &[Vector; 4], position: usize, width: usize) -> Vector {
                $window(integers, position, width)
            }

            #[inline(never)]
            fn signed(window: &Vector, width: usize) -> (Mask, Vector) {
                words::signed(window, width)
            }

            #[inline(never)]
            fn is(index: &Vector, value: u64) -> Mask {
                words::is(index, value)
            }

            #[inline(never)]
            fn reveal(_: &Mask, _: usize) -> bool {
                // Whichever: nothing that a kernel does depends on it.
                true
            }
        }
    };
}
pub(super) use over_terms;
