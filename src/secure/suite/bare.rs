//! Ciphers that hide and do not protect: block ciphers in CBC and ECB mode,
//! and RC4. Alone they are for comparison with what older systems did; with a
//! MAC behind them (see [`super::composed`]) CBC is sound.
//!
//! CBC takes its IV from the record layer's nonce, encrypted under the key
//! (NIST SP 800-38A, appendix C): nobody can predict it, it is not sent, and
//! no frame depends on another. RC4 has no IV at all, so each frame has a key
//! of its own, made of the key and the nonce.

use aes::cipher::{
    Array, Block, BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt,
    BlockSizeUser, InnerIvInit, KeyInit, StreamCipher,
};
use hmac::{Hmac, Mac as _};
use zeroize::Zeroizing;

use super::{Forged, NONCE_LEN};
use crate::sys::locked::Locked;

pub(super) struct Bare {
    pub(super) name: &'static str,
    /// Its place in the number of a composed suite: below 11.
    pub(super) id: u8,
    pub(super) key_len: usize,
    /// Plaintext is padded to a multiple of it; 1 is a stream cipher.
    pub(super) block_len: usize,
    pub(super) strength_bits: u16,
    pub(super) weakness: Option<&'static str>,
    pub(super) keyed: fn(&[u8]) -> Locked<dyn Keyed>,
}

const ECB: &str = "equal blocks of a message look equal on the wire";
const DES: &str = "a key of 56 bits is found by trying";
const RC4: &str = "RC4's output is biased (RFC 7465 forbids it)";

pub(super) static CIPHERS: &[Bare] = &[
    row("aes-256-cbc", 0, (32, 16), 256, None, cbc::<aes::Aes256>),
    row("aes-192-cbc", 1, (24, 16), 192, None, cbc::<aes::Aes192>),
    row("aes-128-cbc", 2, (16, 16), 128, None, cbc::<aes::Aes128>),
    row("3des-cbc", 3, (24, 8), 112, None, cbc::<des::TdesEde3>),
    row("des-cbc", 4, (8, 8), 56, Some(DES), cbc::<des::Des>),
    row("des-ecb", 5, (8, 8), 0, Some(ECB), ecb::<des::Des>),
    row("aes-256-ecb", 6, (32, 16), 0, Some(ECB), ecb::<aes::Aes256>),
    row("aes-128-ecb", 7, (16, 16), 0, Some(ECB), ecb::<aes::Aes128>),
    row("3des-ecb", 8, (24, 8), 0, Some(ECB), ecb::<des::TdesEde3>),
    row("rc4", 9, (16, 1), 40, Some(RC4), |key| behind(Rc4::new(key))),
];

const fn row(
    name: &'static str,
    id: u8,
    (key_len, block_len): (usize, usize),
    strength_bits: u16,
    weakness: Option<&'static str>,
    keyed: fn(&[u8]) -> Locked<dyn Keyed>,
) -> Bare {
    Bare { name, id, key_len, block_len, strength_bits, weakness, keyed }
}

impl Bare {
    /// Bytes of the ciphertext. Padding (PKCS #7) is 1 byte to a whole block.
    pub(super) fn encrypted_len(&self, plain_len: usize) -> usize {
        match self.block_len {
            1 => plain_len,
            block => (plain_len / block + 1) * block,
        }
    }

    /// With blocks of 64 bits, equal ones are to be expected from 2^32 on; NIST
    /// SP 800-67 allows 2^20 under one key.
    pub(super) fn wear_bytes_max(&self) -> u64 {
        if self.block_len == 8 { 8 << 20 } else { u64::MAX }
    }
}

/// A cipher under one key.
pub(super) trait Keyed: Send + Sync {
    /// In place; the body has the `encrypted_len` of its `plain_len`.
    fn encrypt(&mut self, nonce: &[u8; NONCE_LEN], body: &mut [u8], plain_len: usize);

    /// In place. An error is all that a wrong key or a wrong body can show,
    /// and more often they do not.
    fn decrypt<'a>(
        &mut self,
        nonce: &[u8; NONCE_LEN],
        body: &'a mut [u8],
    ) -> Result<&'a mut [u8], Forged>;
}

fn behind(cipher: impl Keyed + 'static) -> Locked<dyn Keyed> {
    Locked::new(cipher).widen(|cipher| cipher as &mut dyn Keyed)
}

fn cbc<C>(key: &[u8]) -> Locked<dyn Keyed>
where
    C: KeyInit + BlockCipherEncrypt + BlockCipherDecrypt + Send + Sync + 'static,
{
    behind(Cbc(C::new_from_slice(key).expect("the key has the cipher's length")))
}

fn ecb<C>(key: &[u8]) -> Locked<dyn Keyed>
where
    C: KeyInit + BlockCipherEncrypt + BlockCipherDecrypt + Send + Sync + 'static,
{
    behind(Ecb(C::new_from_slice(key).expect("the key has the cipher's length")))
}

struct Cbc<C>(C);

impl<C: BlockCipherEncrypt> Cbc<C> {
    fn iv(&self, nonce: &[u8; NONCE_LEN]) -> Block<C> {
        let mut iv = Block::<C>::default();
        // The frame's number is in the last 8 bytes of the nonce: a short
        // block has these, and is unique as well.
        let len = iv.len().min(NONCE_LEN);
        iv[..len].copy_from_slice(&nonce[NONCE_LEN - len..]);
        self.0.encrypt_block(&mut iv);
        iv
    }

    fn encrypt_with(&self, iv: &Block<C>, body: &mut [u8]) {
        cbc::Encryptor::inner_iv_init(&self.0, iv).encrypt_blocks(blocks::<C>(body).0);
    }
}

impl<C> Keyed for Cbc<C>
where
    C: BlockCipherEncrypt + BlockCipherDecrypt + Send + Sync,
{
    fn encrypt(&mut self, nonce: &[u8; NONCE_LEN], body: &mut [u8], plain_len: usize) {
        pad(body, plain_len);
        self.encrypt_with(&self.iv(nonce), body);
    }

    fn decrypt<'a>(
        &mut self,
        nonce: &[u8; NONCE_LEN],
        body: &'a mut [u8],
    ) -> Result<&'a mut [u8], Forged> {
        let iv = self.iv(nonce);
        let whole = whole_blocks::<C>(body)?;
        cbc::Decryptor::inner_iv_init(&self.0, &iv).decrypt_blocks(whole);
        unpad(body, iv.len())
    }
}

struct Ecb<C>(C);

impl<C> Keyed for Ecb<C>
where
    C: BlockCipherEncrypt + BlockCipherDecrypt + Send + Sync,
{
    fn encrypt(&mut self, _: &[u8; NONCE_LEN], body: &mut [u8], plain_len: usize) {
        pad(body, plain_len);
        self.0.encrypt_blocks(blocks::<C>(body).0);
    }

    fn decrypt<'a>(
        &mut self,
        _: &[u8; NONCE_LEN],
        body: &'a mut [u8],
    ) -> Result<&'a mut [u8], Forged> {
        self.0.decrypt_blocks(whole_blocks::<C>(body)?);
        unpad(body, Block::<C>::default().len())
    }
}

fn blocks<C: BlockSizeUser>(body: &mut [u8]) -> (&mut [Block<C>], &mut [u8]) {
    Array::slice_as_chunks_mut(body)
}

fn whole_blocks<C: BlockSizeUser>(body: &mut [u8]) -> Result<&mut [Block<C>], Forged> {
    match blocks::<C>(body) {
        (blocks, []) if !blocks.is_empty() => Ok(blocks),
        _ => Err(Forged),
    }
}

fn pad(body: &mut [u8], plain_len: usize) {
    let padding = &mut body[plain_len..];
    let len = padding.len() as u8;
    padding.fill(len);
}

/// Where a MAC comes first, what fails here was made by somebody with the key,
/// so how long it takes tells nobody anything.
fn unpad(body: &mut [u8], block_len: usize) -> Result<&mut [u8], Forged> {
    let len = usize::from(*body.last().ok_or(Forged)?);
    if len == 0 || len > block_len || len > body.len() {
        return Err(Forged);
    }
    let (plain, padding) = body.split_at_mut(body.len() - len);
    match padding.iter().all(|byte| usize::from(*byte) == len) {
        true => Ok(plain),
        false => Err(Forged),
    }
}

struct Rc4(Hmac<sha2::Sha256>);

impl Rc4 {
    fn new(key: &[u8]) -> Rc4 {
        Rc4(Hmac::new_from_slice(key).expect("HMAC takes keys of any length"))
    }

    fn apply(&self, nonce: &[u8; NONCE_LEN], body: &mut [u8]) {
        let mut mac = self.0.clone();
        mac.update(nonce);
        let key = Zeroizing::new(<[u8; 32]>::from(mac.finalize().into_bytes()));
        let mut stream = rc4::Rc4::new_from_slice(&key[..16]).expect("RC4 takes 16 bytes");
        stream.apply_keystream(body);
    }
}

impl Keyed for Rc4 {
    fn encrypt(&mut self, nonce: &[u8; NONCE_LEN], body: &mut [u8], _: usize) {
        self.apply(nonce, body);
    }

    fn decrypt<'a>(
        &mut self,
        nonce: &[u8; NONCE_LEN],
        body: &'a mut [u8],
    ) -> Result<&'a mut [u8], Forged> {
        self.apply(nonce, body);
        Ok(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXLOWER_PERMISSIVE as HEX;

    fn bytes(hex: &str) -> Vec<u8> {
        HEX.decode(hex.as_bytes()).unwrap()
    }

    fn cbc_of<C>(key: &str, iv: &str, text: &[u8]) -> String
    where
        C: KeyInit + BlockCipherEncrypt,
    {
        let cipher = Cbc(C::new_from_slice(&bytes(key)).unwrap());
        let mut body = text.to_vec();
        cipher.encrypt_with(&Block::<C>::try_from(&bytes(iv)[..]).unwrap(), &mut body);
        data_encoding::HEXLOWER.encode(&body)
    }

    fn ecb_of<C>(key: &str, text: &[u8]) -> String
    where
        C: KeyInit + BlockCipherEncrypt,
    {
        let cipher = C::new_from_slice(&bytes(key)).unwrap();
        let mut body = text.to_vec();
        cipher.encrypt_blocks(blocks::<C>(&mut body).0);
        data_encoding::HEXLOWER.encode(&body)
    }

    /// NIST SP 800-38A, appendix F: two blocks of plaintext.
    const PLAIN: &str = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51";
    const IV: &str = "000102030405060708090a0b0c0d0e0f";

    #[test]
    fn the_vectors_of_sp_800_38a_come_out() {
        let plain = bytes(PLAIN);
        // F.2.1, F.2.3, F.2.5.
        assert_eq!(
            cbc_of::<aes::Aes128>("2b7e151628aed2a6abf7158809cf4f3c", IV, &plain),
            "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"
        );
        assert_eq!(
            cbc_of::<aes::Aes192>("8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b", IV, &plain),
            "4f021db243bc633d7178183a9fa071e8b4d9ada9ad7dedf4e5e738763f69145a"
        );
        let key = "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4";
        assert_eq!(
            cbc_of::<aes::Aes256>(key, IV, &plain),
            "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
        );
        // F.1.1, F.1.5.
        assert_eq!(
            ecb_of::<aes::Aes128>("2b7e151628aed2a6abf7158809cf4f3c", &plain),
            "3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf"
        );
        assert_eq!(
            ecb_of::<aes::Aes256>(key, &plain),
            "f3eed1bdb5d2a03c064b5a7e3db181f8591ccb10d410ed26dc5ba74a31362870"
        );
    }

    #[test]
    fn the_vectors_for_des_come_out() {
        // FIPS 81, appendices B and C.
        let text = b"Now is the time for all ";
        let key = "0123456789abcdef";
        assert_eq!(
            ecb_of::<des::Des>(key, text),
            "3fa40e8a984d48156a271787ab8883f9893d51ec4b563b53"
        );
        assert_eq!(
            cbc_of::<des::Des>(key, "1234567890abcdef", text),
            "e5c7cdde872bf27c43e934008c389c0f683788499a7c05f6"
        );
        // NIST SP 800-67, appendix B.1.
        let key = "0123456789abcdef23456789abcdef01456789abcdef0123";
        assert_eq!(
            ecb_of::<des::TdesEde3>(key, b"The qufck brown fox jump"),
            "a826fd8ce53b855fcce21c8112256fe668d5c05dd9b6b900"
        );
    }

    /// RFC 6229, section 2, for the key of 128 bits that begins with 1.
    #[test]
    fn the_keystream_of_rc4_comes_out() {
        let key = bytes("0102030405060708090a0b0c0d0e0f10");
        let mut stream = [0; 16];
        rc4::Rc4::new_from_slice(&key).unwrap().apply_keystream(&mut stream);
        assert_eq!(stream[..], bytes("9ac7cc9a609d1ef7b2932899cde41b97"));
    }
}
