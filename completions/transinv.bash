# transinv.bash: completion of transinv for bash: commands, long options, and the values of those that have a few.

_transinv_codes='GN SN IN Br Co ET DB GB MB ZB Sn Fr Fo Pi JC'

_transinv_options() {
    local help='--help --usage --version'
    local messages='--quiet --verbose'
    local machine='--threads= --device='
    local configuration='--preset= --set= --data= --catalog='
    case $1 in
    fetch)
        echo "$messages $help" \
            '--list --verify --data= --catalog= --mirror= --offline --allow-http --speed-floor=' ;;
    reproduce)
        echo "$configuration $machine $messages $help" \
            '--corruptions= --methods= --seeds= --results= --retry --checkpoint= --no-plots --no-panels --no-profile' \
            '--offline --mirror= --yes' ;;
    train)
        echo "$configuration $machine $messages $help" \
            '--dataset= --start= --method= --corruption= --seed= --output= --retry --checkpoint=' ;;
    evaluate)
        echo "$configuration $machine $messages $help" \
            '--dataset= --train --depth= --widen= --logits= --corrupted --seed= --published --json' ;;
    corrupt)
        echo "$machine $messages $help --output= --sheet= --dataset= --part= --images= --corruptions=" \
            '--severities= --seed= --data= --catalog=' ;;
    bench)
        echo "$machine $messages $help" \
            '--list --filter= --batch= --time-limit= --algorithm= --vs= --json= --csv= --plots= --compare=' ;;
    report) echo "$messages $help" '--preset= --results= --configuration= --no-plots --no-panels' ;;
    doctor) echo "$messages $help" '--data= --catalog=' ;;
    *) echo "$help" ;;
    esac
}

# The words that may stand behind an option; nothing where any text may.
_transinv_values() {
    case $1 in
    --preset | -p) echo 'quick paper ci augmix' ;;
    --device) echo 'auto cpu cuda reference' ;;
    --dataset) echo 'cifar-10 cifar-100 synthetic-10 synthetic-100' ;;
    --corruption) echo "$_transinv_codes" ;;
    --corruptions | --corrupted) echo "all $_transinv_codes" ;;
    --part) echo 'test train' ;;
    --method) echo 'FT' ;;
    --algorithm) echo 'table direct winograd-2x2 winograd-4x4' ;;
    --vs) echo 'vendor reference' ;;
    --methods) echo 'all FT AM FA TransInv' ;;
    --set | -s)
        echo 'data.source= data.corrupted_source= data.synthetic_train_images_teacher= data.synthetic_train_images_target=' \
            'data.synthetic_test_images_teacher= data.synthetic_test_images_target= network.depth= network.widen=' \
            'training.batch_size= training.momentum= training.weight_decay= training.label_smoothing=' \
            'training.learning_rate_minimum= training.warmup_epochs= training.warmup_kind=' \
            'training.base_augmentation= training.precision= training.evaluate_every= teacher.epochs= teacher.learning_rate= teacher.severity_weights=' \
            'target.epochs= target.learning_rate= augmix.severity= augmix.operations= fa.severity_weights= transinv.primitives= transinv.distance= transinv.lambda= transinv.inner_steps= transinv.learning_rate= transinv.weight_decay= transinv.clip= transinv.label_smoothing= transinv.hidden= transinv.temperature= transinv.gate_start= transinv.blur_start= transinv.noise_start= transinv.replay_epochs= matrix.corruptions= matrix.methods= matrix.seeds=' \
            'report.delta_cell= report.delta_mean=' ;;
    esac
}

_transinv() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}
    COMPREPLY=()
    # "--preset=qu" comes as the three words --preset, = and qu.
    if [[ $word == '=' ]]; then
        word=
    elif [[ $before == '=' ]]; then
        before=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    if ((COMP_CWORD == 1)) && [[ $word != -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W 'fetch reproduce train evaluate corrupt bench report doctor' -- "$word")
        return
    fi
    case $before in
    --data | --results | --output | -o | --plots | --mirror)
        mapfile -t COMPREPLY < <(compgen -d -- "$word") ;;
    --catalog | --start | --logits | --csv | --compare | --sheet | --json)
        mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    --preset | -p)
        mapfile -t COMPREPLY < <(compgen -W "$(_transinv_values --preset)" -f -- "$word") ;;
    -s | --*)
        mapfile -t COMPREPLY < <(compgen -W "$(_transinv_values "$before")" -- "$word") ;;
    esac
    if ((${#COMPREPLY[@]} == 0)) && [[ $word == -* || -z $word ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_transinv_options "$command")" -- "$word")
    elif ((${#COMPREPLY[@]} == 0)) && [[ $command == fetch ]]; then
        mapfile -t COMPREPLY < <(compgen -W 'cifar-10 cifar-100 cifar-10-c cifar-100-c frost' -- "$word")
    elif ((${#COMPREPLY[@]} == 0)) && [[ $command == evaluate ]]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
    fi
    [[ ${COMPREPLY[0]-} == *= ]] && compopt -o nospace 2>/dev/null
    return 0
}

complete -F _transinv transinv
