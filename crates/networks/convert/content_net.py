"""Write the weights of a feature network with its preprocessing, as the program reads them.

    python content_net.py NETWORK WEIGHTS OUTPUT [--trained-with caffe|vggface|torchvision|arcface]

NETWORK: vgg19, vggface, squeezenet or identity. WEIGHTS: a PyTorch state dict (.pth, .pt; loaded with
weights_only, so that no code in it runs) or safetensors, to a .safetensors OUTPUT; or an ONNX graph to
an .onnx OUTPUT. Needs torch and safetensors, or onnx.
"""

import argparse

PREPROCESSING = {
    # order of channels, value of white (black is 0), mean and deviation in that order
    "caffe": ("BGR", "255", "103.939 116.779 123.68", "1 1 1"),
    "vggface": ("BGR", "255", "93.594 104.762 129.186", "1 1 1"),
    "torchvision": ("RGB", "1", "0.485 0.456 0.406", "0.229 0.224 0.225"),
    "arcface": ("RGB", "255", "127.5 127.5 127.5", "127.5 127.5 127.5"),
}
USUAL = {"vgg19": "caffe", "vggface": "vggface", "squeezenet": "torchvision", "identity": "arcface"}


def read(path):
    if path.endswith(".safetensors"):
        from safetensors.torch import load_file

        return load_file(path)
    import torch

    state = torch.load(path, map_location="cpu", weights_only=True)
    return state.get("state_dict", state)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("network", choices=sorted(USUAL))
    parser.add_argument("weights")
    parser.add_argument("output")
    parser.add_argument("--trained-with", choices=sorted(PREPROCESSING))
    arguments = parser.parse_args()
    order, white, mean, std = PREPROCESSING[arguments.trained_with or USUAL[arguments.network]]
    words = {"network": arguments.network, "channel_order": order}
    words |= {"white": white, "mean": mean, "std": std}
    if arguments.weights.endswith(".onnx"):
        import onnx

        model = onnx.load(arguments.weights)
        del model.metadata_props[:]
        onnx.helper.set_model_props(model, words)
        onnx.save(model, arguments.output)
        return
    import torch
    from safetensors.torch import save_file

    tensors = {
        name.removeprefix("module."): tensor.contiguous().float()
        for name, tensor in read(arguments.weights).items()
        if isinstance(tensor, torch.Tensor) and tensor.is_floating_point()
    }
    save_file(tensors, arguments.output, metadata=words)


if __name__ == "__main__":
    main()
