//! Points of edwards25519 from their encodings (RFC 8032, section 5.1.3).

use crate::{
    integer::{Integer, sub_integers},
    isa::{
        Isa, MOST_LANES,
        field::{
            Gf25519,
            gf25519::root_power,
            operators::{Factor, Product},
        },
    },
    modular::gf25519::PRIME,
    tables::curve25519::D,
};

/// 2^((p - 1) / 4): a square root of -1.
pub(crate) const ROOT: Integer = [
    0xc4ee_1b27_4a0e_a0b0,
    0x2f43_1806_ad2f_e478,
    0x2b4d_0099_3dfb_d7a7,
    0x2b83_2480_4fc1_df0b,
];

/// The negatives of the points that encodings stand for, lane by lane: y below the prime, and the
/// sign of x. Where `is_point` is not set the coordinates are not those of a point.
#[inline(always)]
pub(crate) fn negatives<I: Isa, F: Gf25519<Isa = I>>(
    isa: I,
    y: &[Integer],
    odd: &[bool],
    is_point: &mut [bool],
) -> [Product<F>; 2] {
    let y = Product::<F>::from_integers(&isa.load(y));
    let (root, is_root) = square_root::<I, F>(isa, &y);
    let mut x = [[0; 4]; MOST_LANES];
    I::store(&root.to_integers(), &mut x[..I::LANES]);
    for lane in 0..I::LANES {
        let minus = odd[lane] && x[lane] == [0; 4];
        is_point[lane] = I::reveal(&is_root[0], lane) || I::reveal(&is_root[1], lane);
        is_point[lane] &= !minus;
        // One of x and p - x is odd, and that with the sign asked for is negated.
        if (x[lane][0] & 1 == 1) == odd[lane] && x[lane] != [0; 4] {
            x[lane] = sub_integers(&PRIME, &x[lane]).0;
        }
    }
    [Product::from_integers(&isa.load(&x[..I::LANES])), y]
}

/// An x of the curve for each y; and the lanes where it is one: those where the candidate was a
/// root already, and those where it was one of the negative.
#[inline(always)]
pub(crate) fn square_root<I: Isa, F: Gf25519<Isa = I>>(
    isa: I,
    y: &Product<F>,
) -> (Factor<F>, [I::Mask; 2]) {
    let one = Product::<F>::constant(isa, &[1, 0, 0, 0]);
    let d = Product::<F>::constant(isa, &D).carry();
    let root = Product::<F>::constant(isa, &ROOT).carry();
    // x^2 = u / v, where u = y^2 - 1 and v = d y^2 + 1.
    let yy = y.carry().square();
    let (u, v) = (yy - one, &d * &yy.carry() + one);
    let vv = v.square().carry();
    let uv3 = (&u * &(&vv * &v).carry()).carry();
    let uv7 = (&uv3 * &vv.square().carry()).carry();
    let x = (&uv3 * &root_power(&uv7)).carry();
    let vxx = &v * &x.square().carry();
    let is_root = vxx.add_sub(one, yy).is_zero();
    let is_root_of_negative = vxx.add_sub(yy, one).is_zero();
    let turned = (&x * &root).carry();
    let x = Factor::select(&is_root, &x, &turned);
    (x, [is_root, is_root_of_negative])
}
