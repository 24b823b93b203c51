//! Match loss: the embedder's vector and the discriminator's column of a video should be the same.
//!
//! Zakharov et al. 2019, Section 3.2, L_MCH. It is what makes a new person's embedding a good start
//! for that person's discriminator.

use tch::{Kind, Tensor};

/// L1 distance of embeddings and columns: mean over coordinates and batch. Gradient reaches both.
///
/// # Shapes
/// `identity`, `columns`: `[batch, embedding]`
pub fn embedding_match_loss(identity: &Tensor, columns: &Tensor) -> Tensor {
    assert_eq!(
        identity.size(),
        columns.size(),
        "a column for each embedding"
    );
    (identity - columns).abs().mean(None::<Kind>)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_move_towards_each_other() {
        let identity = Tensor::from_slice(&[1.0f32, 5.0])
            .view([1, 2])
            .set_requires_grad(true);
        let columns = Tensor::from_slice(&[3.0f32, 4.0])
            .view([1, 2])
            .set_requires_grad(true);
        let loss = embedding_match_loss(&identity, &columns);
        assert_eq!(f64::try_from(&loss).unwrap(), 1.5);
        loss.backward();
        let gradient =
            |tensor: &Tensor| Vec::<f32>::try_from(tensor.grad().flatten(0, -1)).unwrap();
        assert_eq!(gradient(&identity), [-0.5, 0.5]);
        assert_eq!(gradient(&columns), [0.5, -0.5]);
    }
}
