//! What each operator gives: the shape of its outputs, the numbers in them where they matter for shapes, and the work.
//!
//! Of an operator that is not here nothing can be said, so graphs with it are refused.

use crate::demand::node::Node;
use crate::demand::size::{Size, axis_of, broadcast, exact};
use crate::demand::{arranging, reshaping, sliding};

/// A node and what goes into it; `None` where an input is left out.
pub(crate) struct Call<'a> {
    pub(crate) node: &'a Node,
    pub(crate) inputs: Vec<Option<&'a Size>>,
}

/// What a node gives and asks for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) outputs: Vec<Size>,
    /// Multiplications and additions, roughly.
    pub(crate) work: u64,
    /// Values that it keeps beside while it works.
    pub(crate) scratch: u64,
}

/// An outcome, `None` where it depends on values, or what is wrong.
pub(crate) type Found = Result<Option<Outcome>, String>;

impl Call<'_> {
    /// An input that must be there.
    pub(crate) fn input(&self, index: usize) -> Result<&Size, String> {
        self.given(index)
            .ok_or_else(|| "an input is missing".to_owned())
    }

    /// An input that may be left out.
    pub(crate) fn given(&self, index: usize) -> Option<&Size> {
        self.inputs.get(index).copied().flatten()
    }

    /// Whole numbers from an input, or from a setting as older versions of ONNX have them; `None` within where the
    /// input is there and its numbers are not known.
    pub(crate) fn integers(&self, index: usize, setting: &str) -> Option<Option<Vec<i64>>> {
        match (self.given(index), self.node.integers(setting)) {
            (Some(input), _) => Some(input.integers()),
            (None, Some(list)) => Some(Some(list.to_vec())),
            (None, None) => None,
        }
    }
}

/// One output, with a unit of work for each value.
pub(crate) fn gives(size: Size) -> Found {
    let work = size.count();
    gives_with_work(size, work)
}

/// One output with its work.
pub(crate) fn gives_with_work(size: Size, work: u64) -> Found {
    Ok(Some(Outcome {
        outputs: vec![size],
        work,
        scratch: 0,
    }))
}

/// Follow one node.
pub(crate) fn follow(call: &Call<'_>) -> Found {
    let first = || call.input(0);
    match call.node.operator.as_str() {
        "Abs"
        | "Acos"
        | "Acosh"
        | "Asin"
        | "Asinh"
        | "Atan"
        | "Atanh"
        | "Celu"
        | "Clip"
        | "Cos"
        | "Cosh"
        | "CumSum"
        | "Elu"
        | "Erf"
        | "Exp"
        | "Gelu"
        | "HardSigmoid"
        | "HardSwish"
        | "IsInf"
        | "IsNaN"
        | "LeakyRelu"
        | "Log"
        | "LogSoftmax"
        | "Mish"
        | "Not"
        | "Reciprocal"
        | "Relu"
        | "Round"
        | "Selu"
        | "Sigmoid"
        | "Sign"
        | "Sin"
        | "Sinh"
        | "Softmax"
        | "Softplus"
        | "Softsign"
        | "Sqrt"
        | "Swish"
        | "Tan"
        | "Tanh"
        | "ThresholdedRelu"
        | "Trilu"
        | "QuantizeLinear"
        | "DequantizeLinear"
        | "ScatterElements"
        | "ScatterND"
        | "LpNormalization"
        | "MeanVarianceNormalization"
        | "InstanceNormalization"
        | "GroupNormalization"
        | "Floor"
        | "Ceil" => gives(Size::new(first()?.dims.clone())),
        "BatchNormalization" | "LayerNormalization" | "Dropout" => same_several(call),
        "LRN" => {
            let work = first()?
                .count()
                .saturating_mul(call.node.integer("size", 1).unsigned_abs());
            gives_with_work(Size::new(first()?.dims.clone()), work)
        }
        "DynamicQuantizeLinear" => several(vec![
            Size::new(first()?.dims.clone()),
            Size::new(Vec::new()),
            Size::new(Vec::new()),
        ]),
        "Identity" => gives(first()?.clone()),
        // to floats and to whole numbers of 32 and 64 bits; other kinds change the numbers
        "Cast" if matches!(call.node.integer("to", 0), 1 | 6 | 7) => {
            gives(exact_only(first()?.clone()))
        }
        "Cast" | "CastLike" => gives(Size::new(first()?.dims.clone())),
        "Neg" => combined(call, |one, _| -one),
        "Add" => combined(call, |one, other| one + other),
        "Sub" => combined(call, |one, other| one - other),
        "Mul" => combined(call, |one, other| one * other),
        "Div" => combined(call, |one, other| one / other),
        "And" | "BitShift" | "Equal" | "Greater" | "GreaterOrEqual" | "Less" | "LessOrEqual"
        | "Max" | "Mean" | "Min" | "Mod" | "Or" | "PRelu" | "Pow" | "Sum" | "Where" | "Xor" => {
            gives(Size::new(broadcast(call.inputs.iter().copied().flatten())?))
        }
        "MatMul" | "MatMulInteger" => product(first()?, call.input(1)?),
        "Gemm" => scaled_product(call),
        "Constant" => call.node.constant().map_or(Ok(None), gives),
        "Range" => range(call),
        "OneHot" => one_hot(call),
        "ArgMax" | "ArgMin" => reduced(call, Some(Some(vec![call.node.integer("axis", 0)]))),
        "ReduceL1" | "ReduceL2" | "ReduceLogSum" | "ReduceLogSumExp" | "ReduceMax"
        | "ReduceMean" | "ReduceMin" | "ReduceProd" | "ReduceSum" | "ReduceSumSquare" => {
            reduced(call, call.integers(1, "axes"))
        }
        name => {
            let found = sliding::follow(name, call).or_else(|| arranging::follow(name, call));
            found
                .or_else(|| reshaping::follow(name, call))
                .unwrap_or(Ok(None))
        }
    }
}

/// Several outputs.
pub(crate) fn several(outputs: Vec<Size>) -> Found {
    let work = outputs
        .iter()
        .fold(0_u64, |sum, size| sum.saturating_add(size.count()));
    Ok(Some(Outcome {
        outputs,
        work,
        scratch: 0,
    }))
}

/// All outputs as large as the first input.
fn same_several(call: &Call<'_>) -> Found {
    let size = Size::new(call.input(0)?.dims.clone());
    several(vec![size; call.node.outputs.len().max(1)])
}

/// The value, without its numbers where one of them is none that every engine computes alike.
fn exact_only(size: Size) -> Size {
    let numbers = size.numbers.clone();
    let numbers = numbers.and_then(|numbers| numbers.into_iter().map(exact).collect());
    Size::new(size.dims).with_numbers(numbers)
}

/// Combined element by element; numbers are followed as far as every engine computes them alike.
fn combined(call: &Call<'_>, combine: impl Fn(f64, f64) -> f64) -> Found {
    let one = call.input(0)?;
    let other = call.given(1).unwrap_or(one);
    let size = Size::new(broadcast([one, other])?);
    let (Some(left), Some(right)) = (&one.numbers, &other.numbers) else {
        return gives(size);
    };
    let count = size.count() as usize;
    // a row and a row of the same length, or one number: other shapes need no following
    let fits = |numbers: &[f64]| numbers.len() == count || numbers.len() == 1;
    if size.dims.len() > 1 || !fits(left) || !fits(right) {
        return gives(size);
    }
    let at = |numbers: &[f64], index: usize| {
        exact(if numbers.len() == 1 {
            numbers[0]
        } else {
            numbers[index]
        })
    };
    let numbers = (0..count).map(|index| exact(combine(at(left, index)?, at(right, index)?)));
    let numbers = numbers.collect::<Option<Vec<f64>>>();
    gives(size.with_numbers(numbers))
}

/// `[.., m, k] x [.., k, n]`, where a row or column alone loses its axis again.
fn product(left: &Size, right: &Size) -> Found {
    let (mut a, mut b) = (left.dims.clone(), right.dims.clone());
    if a.is_empty() || b.is_empty() {
        return Err("a single number is no matrix".to_owned());
    }
    let (is_row, is_column) = (a.len() == 1, b.len() == 1);
    if is_row {
        a.insert(0, 1);
    }
    if is_column {
        b.push(1);
    }
    let [m, k] = [a[a.len() - 2], a[a.len() - 1]];
    let [k2, n] = [b[b.len() - 2], b[b.len() - 1]];
    if k != k2 {
        return Err(format!(
            "matrices of {k} columns and {k2} rows have no product"
        ));
    }
    let batch = [&a, &b].map(|dims| Size::new(dims[..dims.len() - 2].to_vec()));
    let mut shape = broadcast(&batch)?;
    let count = Size::new([&shape[..], &[m, n]].concat()).count();
    if !is_row {
        shape.push(m);
    }
    if !is_column {
        shape.push(n);
    }
    gives_with_work(Size::new(shape), count.saturating_mul(k.max(1)))
}

fn scaled_product(call: &Call<'_>) -> Found {
    let turned = |index: usize, name: &str| -> Result<Size, String> {
        let mut dims = call.input(index)?.dims.clone();
        if dims.len() != 2 {
            return Err("Gemm takes matrices".to_owned());
        }
        if call.node.integer(name, 0) != 0 {
            dims.swap(0, 1);
        }
        Ok(Size::new(dims))
    };
    product(&turned(0, "transA")?, &turned(1, "transB")?)
}

fn range(call: &Call<'_>) -> Found {
    let number = |index: usize| {
        Ok::<_, String>(
            call.input(index)?
                .numbers
                .as_ref()
                .map(|numbers| numbers[0]),
        )
    };
    let (Some(start), Some(limit), Some(step)) = (number(0)?, number(1)?, number(2)?) else {
        return Ok(None);
    };
    let count = ((limit - start) / step).ceil();
    if count.is_nan() {
        return Err("its step is zero".to_owned());
    }
    gives(Size::new(vec![count.max(0.0) as u64])) // a cast of too much is the largest there is
}

fn one_hot(call: &Call<'_>) -> Found {
    let Some(depth) = call.input(1)?.lengths() else {
        return Ok(None);
    };
    let mut dims = call.input(0)?.dims.clone();
    let axis = axis_of(dims.len() + 1, call.node.integer("axis", -1))?;
    dims.insert(axis, depth.first().copied().unwrap_or(0));
    gives(Size::new(dims))
}

/// Reduced along axes; along all where none is named.
fn reduced(call: &Call<'_>, axes: Option<Option<Vec<i64>>>) -> Found {
    let input = call.input(0)?;
    let axes = match axes {
        None => Vec::new(),
        Some(None) => return Ok(None),
        Some(Some(axes)) => axes,
    };
    if axes.is_empty() && call.node.integer("noop_with_empty_axes", 0) != 0 {
        return gives(Size::new(input.dims.clone()));
    }
    let mut is_gone = vec![axes.is_empty(); input.dims.len()];
    for axis in axes {
        is_gone[input.axis(axis)?] = true;
    }
    let is_kept = call.node.integer("keepdims", 1) != 0;
    let dims = input.dims.iter().zip(is_gone);
    let dims = dims.filter_map(|(dim, is_gone)| match (is_gone, is_kept) {
        (false, _) => Some(*dim),
        (true, true) => Some(1),
        (true, false) => None,
    });
    gives_with_work(Size::new(dims.collect()), input.count())
}
