//! The only module with `unsafe`: functions are compiled a second time for AVX2 and FMA, and used if the processor has them.
//!
//! The compiler never fuses a multiplication and an addition by itself, and `mul_add` rounds once in both versions, so both
//! give the same bits; the wider version only processes more numbers at once.

/// Define a function in both versions. Functions it calls are compiled twice only if they are `#[inline(always)]`.
///
/// Type parameters stand in square brackets behind the name, and have to follow from the arguments.
macro_rules! vectorised {
    ($(#[$about:meta])* $seen:vis fn $name:ident $([$($generic:tt)*])? ($($argument:ident: $kind:ty),* $(,)?) $(-> $result:ty)? $body:block) => {
        $(#[$about])*
        $seen fn $name $(<$($generic)*>)? ($($argument: $kind),*) $(-> $result)? {
            #[inline(always)]
            fn portable $(<$($generic)*>)? ($($argument: $kind),*) $(-> $result)? $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2,fma")]
                #[allow(unsafe_code)]
                unsafe fn wide $(<$($generic)*>)? ($($argument: $kind),*) $(-> $result)? {
                    portable($($argument),*)
                }

                if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
                    // SAFETY: the processor has AVX2 and FMA, all that `wide` asks for.
                    #[allow(unsafe_code)]
                    return unsafe { wide($($argument),*) };
                }
            }
            #[allow(unreachable_code)]
            portable($($argument),*)
        }
    };
}

pub(crate) use vectorised;

#[cfg(test)]
mod tests {
    #[inline(always)]
    fn mixed(x: f64) -> u64 {
        (x * 3.0 + x.mul_add(x, x.sqrt())).to_bits()
    }

    vectorised! {
        fn all(x: &[f64]) -> Vec<u64> {
            x.iter().map(|&v| mixed(v)).collect()
        }
    }

    #[test]
    fn gives_the_same_bits() {
        let x: Vec<f64> = (1..1001).map(|i| 1.0 / f64::from(i)).collect();
        let portable: Vec<u64> = x.iter().map(|&v| mixed(v)).collect();
        assert_eq!(all(&x), portable);
    }
}
