package uapi_test

import "encoding/binary"

// mOptions reads the control messages of a request as the model does and
// returns the hop-by-hop header that a lease would carry, and how many bytes of
// headers in all.
func mOptions(data []byte, by mCaller) (hop string, headers, errno int, why string) {
	if len(data) > 64<<10 {
		return "", 0, einval, "options EINVAL beyond 64 KiB"
	}
	o := mHeaders{by: by}
	for at := 0; len(data)-at >= 16; {
		size := binary.NativeEndian.Uint64(data[at:])
		if size < 16 || size > uint64(len(data)-at) {
			return "", 0, einval, "options EINVAL message length"
		}
		level := binary.NativeEndian.Uint32(data[at+8:])
		kind := binary.NativeEndian.Uint32(data[at+12:])
		if errno, why := o.message(level, kind, data[at+16:at+int(size)]); errno != ok {
			return "", 0, errno, "option " + why
		}
		at += (int(size) + 7) / 8 * 8
	}
	if o.after {
		return "", 0, einval, "option destination EINVAL after routing"
	}
	return o.hopBytes, o.hop + o.destination, ok, ""
}

// mHeaders is how many bytes of each header were asked for.
type mHeaders struct {
	by               mCaller
	hop, destination int
	hopBytes         string
	after            bool
	flowInfo         uint32
}

func (o *mHeaders) message(level, kind uint32, data []byte) (int, string) {
	switch level {
	case 1:
		return o.socketLevel(kind, data)
	case 41:
		return o.ipv6Level(kind, data)
	}
	return ok, ""
}

func (o *mHeaders) ipv6Level(kind uint32, data []byte) (errno int, why string) {
	size := 0
	switch kind {
	case 54, 3:
		if o.hop > 0 {
			return einval, "hop-by-hop EINVAL second"
		}
		o.hop, errno, why = o.header(data)
		o.hopBytes = string(data[:o.hop])
		return errno, "hop-by-hop " + why
	case 55:
		if size, errno, why = o.header(data); errno == ok {
			o.destination = size
		}
		return errno, "routing destination " + why
	case 59, 4:
		if kind == 4 && o.after {
			return einval, "destination EINVAL second"
		}
		o.after = true
		_, errno, why = o.header(data)
		return errno, "destination " + why
	case 57, 5:
		return einval, "routing EINVAL"
	case 50, 2:
		return pktInfo(data)
	case 52, 8:
		hops := func(v int32) bool { return -1 <= int16(v) && int16(v) <= 255 }
		return number(data, hops), "hop limit EINVAL"
	case 67:
		return number(data, func(v int32) bool { return -1 <= v && v <= 255 }), "traffic class EINVAL"
	case 62:
		return number(data, func(v int32) bool { return v == 0 || v == 1 }), "don't fragment EINVAL"
	case 11:
		if len(data) < 4 {
			return einval, "flow info EINVAL length"
		}
		v := binary.BigEndian.Uint32(data)
		if o.flowInfo != 0 && v>>28 != 0 { // the second one is held against the first
			return einval, "flow info EINVAL upper bits"
		}
		o.flowInfo = v &^ (0xF << 28)
		return ok, ""
	}
	return einval, "unknown EINVAL, level IPV6"
}

func (o *mHeaders) socketLevel(kind uint32, data []byte) (int, string) {
	any32 := func(int32) bool { return true }
	privileged := o.by.netRaw || o.by.netAdmin
	switch kind {
	case 1, 2:
		return ok, ""
	case 36:
		if !privileged {
			return eperm, "mark EPERM"
		}
		return number(data, any32), "mark EINVAL"
	case 12:
		if number(data, any32) == ok && !privileged && number(data, func(v int32) bool { return 0 <= v && v <= 6 }) != ok {
			return eperm, "priority EPERM"
		}
		return number(data, any32), "priority EINVAL"
	case 37, 65:
		return number(data, func(v int32) bool { return v&^0x303 == 0 }), "timestamping EINVAL"
	case 79:
		return number(data, any32), "devmem EINVAL"
	}
	return einval, "unknown EINVAL, level SOCKET"
}

// header returns the size of an extension header in a message.
func (o *mHeaders) header(data []byte) (size, errno int, why string) {
	if len(data) < 2 || len(data) < (int(data[1])+1)*8 {
		return 0, einval, "EINVAL length"
	}
	if !o.by.netRaw {
		return 0, eperm, "EPERM"
	}
	return (int(data[1]) + 1) * 8, ok, ""
}

// number checks a message of one number.
func number(data []byte, good func(int32) bool) int {
	if len(data) == 4 && good(int32(binary.NativeEndian.Uint32(data))) {
		return ok
	}
	return einval
}

// pktInfo: the engine knows neither interfaces nor their addresses.
func pktInfo(data []byte) (int, string) {
	switch {
	case len(data) < 20:
		return einval, "packet info EINVAL length"
	case binary.NativeEndian.Uint32(data[16:]) != 0:
		return enodev, "packet info ENODEV"
	case [16]byte(data) != [16]byte{}:
		return einval, "packet info EINVAL address"
	}
	return ok, ""
}
