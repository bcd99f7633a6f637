package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v3"
	"github.com/pion/webrtc/v3/pkg/media"
	"github.com/pion/webrtc/v3/pkg/media/ivfreader"
	"github.com/pion/webrtc/v3/pkg/media/oggreader"
	"github.com/pion/webrtc/v3/pkg/media/samplebuilder"
)

type mediaFile struct {
	mimeType     string
	clockRate    uint32
	depacketizer func() rtp.Depacketizer
	read         func(*os.File, func(frame []byte, duration time.Duration) bool) error
}

var (
	mediaFiles = map[string]mediaFile{
		"video": {webrtc.MimeTypeVP8, 90000, func() rtp.Depacketizer { return &codecs.VP8Packet{} }, readVideo},
		"audio": {webrtc.MimeTypeOpus, 48000, func() rtp.Depacketizer { return &codecs.OpusPacket{} }, readAudio},
	}
	known    = map[uint64]bool{}  // hashes of the files' frames
	intact   = map[string]int{}   // frames that came as they stand in the files, by kind
	damaged  = map[string]int{}   // frames that did not
	errEnded = errors.New("the peer has gone")
)

// Plays the files that the arguments name, and knows their frames again when they come back.
func send(r request) error {
	var kinds []string
	var files map[string]string
	if err := json.Unmarshal(r.Arguments[0], &kinds); err != nil {
		return err
	}
	if err := json.Unmarshal(r.Arguments[1], &files); err != nil {
		return err
	}
	for _, kind := range kinds {
		kindOf, name := mediaFiles[kind], files[kind]
		if err := remember(kindOf, name); err != nil {
			return err
		}
		track, err := webrtc.NewTrackLocalStaticSample(webrtc.RTPCodecCapability{MimeType: kindOf.mimeType}, kind, "pion")
		if err != nil {
			return err
		}
		sender, err := pc.AddTrack(track)
		if err != nil {
			return err
		}
		go func() { // reads RTCP, which Pion's interceptors see on its way
			buffer := make([]byte, 1500)
			for {
				if _, _, err := sender.Read(buffer); err != nil {
					return
				}
			}
		}()
		go func() {
			if err := play(kindOf, name, track); err != nil && err != errEnded {
				post(map[string]any{"log": err.Error()})
			}
		}()
	}
	return nil
}

func remember(kind mediaFile, name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	return kind.read(file, func(frame []byte, _ time.Duration) bool {
		mutex.Lock()
		defer mutex.Unlock()
		known[hashOf(frame)] = true
		return true
	})
}

// Over and over, each frame when it is due.
func play(kind mediaFile, name string, track *webrtc.TrackLocalStaticSample) error {
	for pc.ConnectionState() != webrtc.PeerConnectionStateConnected {
		time.Sleep(5 * time.Millisecond)
	}
	due := time.Now()
	for {
		file, err := os.Open(name)
		if err != nil {
			return err
		}
		err = kind.read(file, func(frame []byte, duration time.Duration) bool {
			time.Sleep(time.Until(due))
			due = due.Add(duration)
			return pc.ConnectionState() == webrtc.PeerConnectionStateConnected && track.WriteSample(media.Sample{Data: frame, Duration: duration}) == nil
		})
		file.Close()
		if err != nil {
			return err
		}
	}
}

func readVideo(file *os.File, take func([]byte, time.Duration) bool) error {
	reader, header, err := ivfreader.NewWith(file)
	if err != nil {
		return err
	}
	duration := time.Second * time.Duration(header.TimebaseNumerator) / time.Duration(header.TimebaseDenominator)
	for {
		frame, _, err := reader.ParseNextFrame()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if !take(frame, duration) {
			return errEnded
		}
	}
}

// The test's file holds one packet of 20 ms on each page: this reader knows pages, not packets.
func readAudio(file *os.File, take func([]byte, time.Duration) bool) error {
	reader, _, err := oggreader.NewWith(file)
	if err != nil {
		return err
	}
	for {
		page, header, err := reader.ParseNextPage()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if header.GranulePosition != 0 && !take(page, 20*time.Millisecond) {
			return errEnded
		}
	}
}

func receive(track *webrtc.TrackRemote) {
	kind := track.Kind().String()
	samples := samplebuilder.New(64, mediaFiles[kind].depacketizer(), mediaFiles[kind].clockRate)
	for {
		packet, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		samples.Push(packet)
		for sample := samples.Pop(); sample != nil; sample = samples.Pop() {
			mutex.Lock()
			if known[hashOf(sample.Data)] {
				intact[kind]++
			} else {
				damaged[kind]++
			}
			mutex.Unlock()
		}
	}
}

// Frames of the kind that came intact; one that did not is an error.
func decoded(r request) (any, error) {
	var number int
	kind := text(r.Arguments[0])
	if err := json.Unmarshal(r.Arguments[1], &number); err != nil {
		return nil, err
	}
	count := func() (int, int) {
		mutex.Lock()
		defer mutex.Unlock()
		return intact[kind], damaged[kind]
	}
	err := until(fmt.Sprintf("%d frames of %s", number, kind), func() bool { whole, broken := count(); return whole+broken >= number })
	whole, broken := count()
	if err == nil && broken > 0 {
		err = fmt.Errorf("%d of %d frames are not those of the file", broken, whole+broken)
	}
	return whole, err
}

func hashOf(frame []byte) uint64 {
	hash := fnv.New64a()
	_, _ = hash.Write(frame)
	return hash.Sum64()
}
