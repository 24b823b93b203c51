//! scratch
use inference::*;
#[test] fn t(){ let b=std::fs::read("tests/golden/every_operator.onnx").unwrap();
 for l in (0..b.len()).step_by(7){ eprintln!("load {l}"); let g=Graph::from_onnx(&b[..l]); if let Ok(g)=g { eprintln!("run {l}"); let _=g.run(&[("x",&Tensor::new(&[1,3,32,32],vec![0.0;3072]))]).is_ok(); } } }
