// A peer with Pion. Requests and answers are lines of JSON; the calls are those of peer.js.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"github.com/pion/ice/v2"
	"github.com/pion/interceptor"
	"github.com/pion/webrtc/v3"
)

type request struct {
	ID        int               `json:"id"`
	Call      string            `json:"call"`
	Arguments []json.RawMessage `json:"arguments"`
}

type channelInit struct {
	Ordered           *bool   `json:"ordered"`
	MaxPacketLifeTime *uint16 `json:"maxPacketLifeTime"`
	MaxRetransmits    *uint16 `json:"maxRetransmits"`
	Protocol          *string `json:"protocol"`
	Negotiated        *bool   `json:"negotiated"`
	ID                *uint16 `json:"id"`
}

type configuration struct {
	Lite               bool               `json:"lite"`
	ICEServers         []webrtc.ICEServer `json:"iceServers"`
	ICETransportPolicy string             `json:"iceTransportPolicy"`
}

type channel struct {
	*webrtc.DataChannel
	inbox chan webrtc.DataChannelMessage
}

var (
	out      sync.Mutex
	mutex    sync.Mutex
	pc       *webrtc.PeerConnection
	restart  bool
	channels = map[string]*channel{}
)

func post(message any) {
	out.Lock()
	defer out.Unlock()
	bytes, _ := json.Marshal(message)
	fmt.Printf("%s\n", bytes)
}

func main() {
	post(map[string]any{"ready": true})
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var r request
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			panic(err)
		}
		go func() {
			result, err := answer(r)
			if err != nil {
				post(map[string]any{"id": r.ID, "error": err.Error()})
			} else {
				post(map[string]any{"id": r.ID, "result": result})
			}
		}()
	}
}

func text(argument json.RawMessage) (value string) {
	_ = json.Unmarshal(argument, &value)
	return
}

func answer(r request) (any, error) {
	switch r.Call {
	case "connect":
		var c configuration
		if err := json.Unmarshal(r.Arguments[0], &c); err != nil {
			return nil, err
		}
		return nil, connect(c)
	case "setLocal":
		return setLocal()
	case "restartIce":
		restart = true
		return nil, nil
	case "setRemote":
		var d webrtc.SessionDescription
		if err := json.Unmarshal(r.Arguments[0], &d); err != nil {
			return nil, err
		}
		return nil, pc.SetRemoteDescription(d)
	case "addCandidate":
		var c webrtc.ICECandidateInit
		if err := json.Unmarshal(r.Arguments[0], &c); err != nil {
			return nil, err
		}
		return nil, pc.AddICECandidate(c)
	case "connected":
		return nil, until("connected", func() bool { return pc.ConnectionState() == webrtc.PeerConnectionStateConnected })
	case "open":
		return nil, open(r)
	case "readyState":
		label, state := text(r.Arguments[0]), text(r.Arguments[1])
		return nil, until(label+" "+state, func() bool { c := find(label); return c != nil && c.ReadyState().String() == state })
	case "describe":
		c := find(text(r.Arguments[0]))
		return map[string]any{"ordered": c.Ordered(), "maxPacketLifeTime": c.MaxPacketLifeTime(), "maxRetransmits": c.MaxRetransmits(),
			"protocol": c.Protocol(), "negotiated": c.Negotiated(), "id": c.ID()}, nil
	case "roundTrip":
		return roundTrip(find(text(r.Arguments[0])), r.Arguments[1])
	case "bufferedAmount":
		return find(text(r.Arguments[0])).BufferedAmount(), nil
	case "closeChannel":
		return nil, find(text(r.Arguments[0])).Close()
	case "send":
		return nil, send(r)
	case "decoded":
		return decoded(r)
	case "closePeer":
		return nil, pc.Close()
	}
	return nil, errors.New("unknown call " + r.Call)
}

func connect(c configuration) (err error) {
	settings := webrtc.SettingEngine{}
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetIPFilter(func(ip net.IP) bool { return ip.IsLoopback() && ip.To4() != nil })
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	settings.SetLite(c.Lite)
	policy := webrtc.ICETransportPolicyAll
	if c.ICETransportPolicy == "relay" {
		policy = webrtc.ICETransportPolicyRelay
	}
	codecs, interceptors := &webrtc.MediaEngine{}, &interceptor.Registry{}
	if err := codecs.RegisterDefaultCodecs(); err != nil {
		return err
	}
	if err := webrtc.RegisterDefaultInterceptors(codecs, interceptors); err != nil {
		return err
	}
	api := webrtc.NewAPI(webrtc.WithSettingEngine(settings), webrtc.WithMediaEngine(codecs), webrtc.WithInterceptorRegistry(interceptors))
	pc, err = api.NewPeerConnection(webrtc.Configuration{ICEServers: c.ICEServers, ICETransportPolicy: policy})
	if err != nil {
		return err
	}
	pc.OnICECandidate(func(c *webrtc.ICECandidate) {
		if c == nil {
			post(map[string]any{"candidate": "null"})
			return
		}
		bytes, _ := json.Marshal(c.ToJSON())
		post(map[string]any{"candidate": string(bytes)})
	})
	pc.OnTrack(func(t *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { receive(t) })
	pc.OnDataChannel(func(d *webrtc.DataChannel) { adopt(d, true) })
	return nil
}

func setLocal() (any, error) {
	var description webrtc.SessionDescription
	var err error
	if pc.SignalingState() == webrtc.SignalingStateHaveRemoteOffer {
		description, err = pc.CreateAnswer(nil)
	} else {
		description, err = pc.CreateOffer(&webrtc.OfferOptions{ICERestart: restart})
		restart = false
	}
	if err != nil {
		return nil, err
	}
	return description, pc.SetLocalDescription(description)
}

func open(r request) error {
	var init channelInit
	if len(r.Arguments) > 1 {
		if err := json.Unmarshal(r.Arguments[1], &init); err != nil {
			return err
		}
	}
	d, err := pc.CreateDataChannel(text(r.Arguments[0]), &webrtc.DataChannelInit{Ordered: init.Ordered, MaxPacketLifeTime: init.MaxPacketLifeTime,
		MaxRetransmits: init.MaxRetransmits, Protocol: init.Protocol, Negotiated: init.Negotiated, ID: init.ID})
	if err != nil {
		return err
	}
	adopt(d, init.Negotiated != nil && *init.Negotiated)
	return nil
}

func adopt(d *webrtc.DataChannel, echoes bool) {
	c := &channel{d, make(chan webrtc.DataChannelMessage, 1024)}
	d.OnMessage(func(m webrtc.DataChannelMessage) {
		switch {
		case !echoes:
			c.inbox <- m
		case m.IsString:
			_ = d.SendText(string(m.Data))
		default:
			_ = d.Send(m.Data)
		}
	})
	mutex.Lock()
	defer mutex.Unlock()
	channels[d.Label()] = c
}

func find(label string) *channel {
	mutex.Lock()
	defer mutex.Unlock()
	return channels[label]
}

func roundTrip(c *channel, argument json.RawMessage) (bool, error) {
	var size int
	var sent []byte
	isText := json.Unmarshal(argument, &size) != nil
	if isText {
		sent = []byte(text(argument))
		if err := c.SendText(string(sent)); err != nil {
			return false, err
		}
	} else {
		sent = make([]byte, size)
		for i := range sent {
			sent[i] = byte(i*31 + (i >> 8))
		}
		if err := c.Send(sent); err != nil {
			return false, err
		}
	}
	select {
	case m := <-c.inbox:
		return m.IsString == isText && bytes.Equal(m.Data, sent), nil
	case <-time.After(15 * time.Second):
		return false, errors.New("not in 15 s: echo")
	}
}

func until(what string, condition func() bool) error {
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if condition() {
			return nil
		}
	}
	return errors.New("not in 15 s: " + what)
}
