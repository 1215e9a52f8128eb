#!/bin/sh
# Files that are larger than memory, or have no end, in every place where `adjoint` ($1) takes a file, under several limits of
# its address space: each must end with one line and the exit code 1 or 64, within 20 s.
#
#   sh Tests/Attacks/files.sh .build/release/adjoint
adjoint=$1
data=$(dirname "$0")/../../Examples/Data/wdbc.csv
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT

sparse() { printf "$2" > "$folder/$1"; truncate -s 40G "$folder/$1"; }
sparse zeros.bin ''
sparse model.adj 'ADJMODEL\001\000\000\000\344\377\377\377\011\000\000\000' # As long as it says.
sparse array.npy '\223NUMPY\001\000\166\000'
sparse arrays.npz 'PK\003\004'
sparse images.idx '\000\000\015\001\177\377\377\377'
sparse weights.safetensors '\002\000\000\000\000\000\000\000{}'
sparse rows.csv 'x,benign\n1,2\n'
head -c 3000000000 /dev/zero | gzip -1 > "$folder/zeros.csv.gz"
{ printf 'x,benign\n'; yes 1,2 | head -c 3000000000; } | gzip -1 > "$folder/rows.csv.gz"
yes , | head -n 40000000 | tr -d '\n' > "$folder/columns.csv"
"$adjoint" train --data "$data" --target benign --epochs 1 --quiet --out "$folder/good.adj" > /dev/null || exit 1

failures=0
attempts=0
attack() {
  limit=$1
  shift
  attempts=$((attempts + 1))
  (ulimit -v "$limit"; timeout 20 "$adjoint" "$@" > /dev/null 2> "$folder/errors")
  status=$?
  if { [ $status != 1 ] && [ $status != 64 ]; } || [ "$(grep -vc '^note: ' "$folder/errors")" != 1 ]; then
    failures=$((failures + 1))
    echo "FAILED ($status): ulimit -v $limit; adjoint $*"
    head -n 3 "$folder/errors"
  fi
}

for limit in 400000 1000000 4000000; do
  for file in /dev/zero "$folder"/zeros.bin "$folder"/model.adj "$folder"/array.npy "$folder"/arrays.npz \
    "$folder"/images.idx "$folder"/weights.safetensors "$folder"/rows.csv "$folder"/zeros.csv.gz "$folder"/columns.csv; do
    attack $limit predict "$file" --data "$data"
    attack $limit predict "$folder/good.adj" --data "$file"
    attack $limit predict "$folder/good.adj" --data "$file" --json
    attack $limit dump "$file" --stage c
    attack $limit plot "$file" --data "$data"
    attack $limit train --data "$file" --target benign --quiet
    attack $limit grid --data "$file" --target benign --quiet
    attack $limit cross-validate --data "$file" --target benign --quiet
    attack $limit train --data "$data" --target benign --checkpoint "$file" --resume --quiet
    attack $limit train "$file" --quiet
  done
  # Of rows as such there may be as many as memory holds, which take their time.
  [ $limit = 4000000 ] || attack $limit train --data "$folder/rows.csv.gz" --target benign --quiet
  attack $limit train --data "$data" --target benign --layers 20000,20000 --quiet
  attack $limit train --data "$data" --target benign --layers 99999,99999 --batch 100000 --quiet
done
echo "$attempts attacks, $failures failures"
[ $failures = 0 ]
