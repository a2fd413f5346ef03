package shard

// group is how many things InStep has a stage work on at a time. With 8 the stages
// are too short, with all of a burst of 32 none works while memory does: a lookup
// in a burst among a million flows took 32, 26 and 32 ns with 8, 16 and 32, at best.
const group = 16

// OnTheWay is how many things are on their way at once in four stages of InStep.
// What a stage leaves for later ones about thing number i can stand in place
// i%OnTheWay, if from the first stage that writes there to the last that reads there
// are four at most, both included.
const OnTheWay = 4 * group

const onTheWayMask = OnTheWay - 1

// InStep takes n things through stages, some at a time. A stage works on those
// that the stage before it has just left, so that what one has asked memory for
// has time to come while the others work.
func InStep(n int, stages ...func(from, to int)) {
	for at := 0; at < n+(len(stages)-1)*group; at += group {
		for i, stage := range stages {
			if from := at - i*group; from >= 0 && from < n {
				stage(from, min(from+group, n))
			}
		}
	}
}
