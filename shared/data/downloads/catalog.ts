// The data sets that a name stands for: their files, and where these are served.
//
// Sizes and SHA-256 are those of TensorFlow Datasets 4.9.10 (url_checksums/{mnist,fashion_mnist,kmnist,cifar10,cifar100}.txt).

export interface RemoteFile {
  readonly name: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

export interface NamedDataset {
  readonly name: string;
  /** Of the files, as the format that reads them has them. */
  readonly kind: "idx" | "cifar";
  readonly files: readonly RemoteFile[];
  /** The addresses before the files' names, the official one first. */
  readonly mirrors: readonly string[];
  /** Where the files themselves do not name their classes. */
  readonly classNames: readonly string[] | null;
}

/** MNIST's four names, with what differs from set to set. */
function idxFiles(about: readonly (readonly [sizeBytes: number, sha256: string])[]): readonly RemoteFile[] {
  return ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"].map(
    (name, i) => ({
      name: `${name}-ubyte.gz`,
      sizeBytes: about[i][0],
      sha256: about[i][1],
    }),
  );
}

const MINDSPORE = "https://mindspore-website.obs.cn-north-4.myhuaweicloud.com/notebook/datasets/";

export const CATALOG: readonly NamedDataset[] = [
  {
    name: "mnist",
    kind: "idx",
    // Its author's page answers with errors since 2023; these two are where PyTorch and TensorFlow take it from.
    mirrors: [
      "https://ossci-datasets.s3.amazonaws.com/mnist/",
      "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ],
    files: idxFiles([
      [9_912_422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"],
      [28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"],
      [1_648_877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"],
      [4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"],
    ]),
    classNames: null,
  },
  {
    name: "fashion-mnist",
    kind: "idx",
    mirrors: [
      "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
      "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    ],
    files: idxFiles([
      [26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"],
      [29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"],
      [4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"],
      [5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"],
    ]),
    classNames: "T-shirt/top,Trouser,Pullover,Dress,Coat,Sandal,Shirt,Sneaker,Bag,Ankle boot".split(","),
  },
  {
    name: "kmnist",
    kind: "idx",
    mirrors: [
      "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
      "https://web.archive.org/web/2023id_/http://codh.rois.ac.jp/kmnist/dataset/kmnist/", // `id_`: the bytes as they were
    ],
    files: idxFiles([
      [18_165_135, "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4"],
      [29_497, "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17"],
      [3_041_136, "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5"],
      [5_120, "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c"],
    ]),
    classNames: "o,ki,su,tsu,na,ha,ma,ya,re,wo".split(","),
  },
  {
    name: "cifar10",
    kind: "cifar",
    mirrors: [
      "https://www.cs.toronto.edu/~kriz/",
      "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10/",
      MINDSPORE,
    ],
    files: [
      {
        name: "cifar-10-binary.tar.gz",
        sizeBytes: 170_052_171,
        sha256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
      },
    ],
    classNames: null,
  },
  {
    name: "cifar100",
    kind: "cifar",
    mirrors: ["https://www.cs.toronto.edu/~kriz/", MINDSPORE],
    files: [
      {
        name: "cifar-100-binary.tar.gz",
        sizeBytes: 168_513_733,
        sha256: "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
      },
    ],
    classNames: null,
  },
];

/** By the ways in which its name is written: `MNIST`, `fashion_mnist`, `CIFAR-10`. */
export function findNamed(source: string): NamedDataset | null {
  const plain = (name: string): string => name.toLowerCase().replaceAll(/[-_ ]/g, "");
  return CATALOG.find(({ name }) => plain(name) === plain(source)) ?? null;
}
