using AiMesh.StandIns.Tests.Grpc.Shapes;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using ShapesMessage = AiMesh.StandIns.Tests.Grpc.Shapes.Shapes;

namespace AiMesh.StandIns.Tests.Grpc;

/// <summary>Random messages with a liking for the edges of every type.</summary>
internal sealed class RandomShapes(int seed)
{
    private static readonly string[] Texts = ["", "a", "ü€😀", "\"\\\b\f\n\r\t\0\u001f", "</script>&'", "\u2028\u2029\u007f", "null", new string('x', 300)];
    private static readonly long[] Longs = [0, 1, -1, int.MaxValue, int.MinValue, 1L << 53, (1L << 53) + 1, long.MaxValue, long.MinValue];
    private static readonly double[] Doubles = [0, -0.0, 1, -1.5, 0.1, 1e21, 1e-7, double.Epsilon, double.MaxValue, double.MinValue, double.NaN, double.PositiveInfinity, double.NegativeInfinity];

    private readonly Random _random = new(seed);

    public ShapesMessage Next(int depth = 3)
    {
        var message = new ShapesMessage();
        FillScalars(message);
        FillLists(message);
        FillWellKnown(message);
        FillWrappers(message);
        if (depth > 0 && Coin())
            FillChildren(message, depth - 1);
        return message;
    }

    private void FillScalars(ShapesMessage message)
    {
        message.Flag = Coin();
        message.I32 = (int)Long();
        message.I64 = Long();
        message.U32 = (uint)Long();
        message.U64 = (ulong)Long();
        message.Single = (float)Double();
        message.Real = Double();
        message.Text = Text();
        message.Data = Bytes();
        message.Colour = Colour();
        message.Renamed = Text();
        if (Coin())
            message.MaybeNumber = (int)Long();
        if (Coin())
            message.MaybeText = Text();
        if (Coin())
            message.MaybeColour = Colour();
        switch (_random.Next(4))
        {
            case 0:
                message.NumberChoice = (int)Long();
                break;
            case 1:
                message.TextChoice = Text();
                break;
            case 2:
                message.NullChoice = NullValue.NullValue;
                break;
        }
    }

    private void FillLists(ShapesMessage message)
    {
        Repeat(() => message.ManyNumbers.Add((int)Long()));
        Repeat(() => message.ManyTexts.Add(Text()));
        Repeat(() => message.ManyColours.Add(Colour()));
        Repeat(() => message.ManyTimes.Add(Time()));
        Repeat(() => message.ManyWrappers.Add(Long()));
        Repeat(() => message.ManyValues.Add(Value(2)));
        Repeat(() => message.Texts[Text()] = Text());
        Repeat(() => message.Truths[Coin()] = Long());
        Repeat(() => message.Colours[(ulong)Long()] = Colour());
        Repeat(() => message.Values[Text()] = Value(2));
    }

    private void FillWellKnown(ShapesMessage message)
    {
        if (Coin())
            message.Time = Time();
        if (Coin())
            message.Span = Span();
        if (Coin())
            message.Mask = new FieldMask { Paths = { "a", "some_name", "some_name.other_name" } };
        if (Coin())
            message.Struct = Value(0).StructValue ?? new Struct { Fields = { ["k" + Text()] = Value(2) } };
        if (Coin())
            message.Value = Value(3);
        if (Coin())
            message.List = new ListValue { Values = { Value(1), Value(1) } };
        if (Coin())
            message.Any = Any.Pack(Coin() ? Span() : new ShapesMessage { Text = Text(), I64 = Long() });
        if (Coin())
            message.Empty = new Empty();
    }

    private void FillWrappers(ShapesMessage message)
    {
        if (Coin())
            message.BoolWrapper = Coin();
        if (Coin())
            message.Int32Wrapper = (int)Long();
        if (Coin())
            message.Int64Wrapper = Long();
        if (Coin())
            message.Uint32Wrapper = (uint)Long();
        if (Coin())
            message.Uint64Wrapper = (ulong)Long();
        if (Coin())
            message.FloatWrapper = (float)Double();
        if (Coin())
            message.DoubleWrapper = Double();
        if (Coin())
            message.StringWrapper = Text();
        if (Coin())
            message.BytesWrapper = Bytes();
    }

    private void FillChildren(ShapesMessage message, int depth)
    {
        message.Child = Next(depth);
        message.ManyChildren.Add(Next(0));
        message.ManyChildren.Add(new ShapesMessage());
        message.Children[(int)Long()] = Next(0);
        if (Coin())
            message.ChildChoice = Next(0);
    }

    private Value Value(int depth) => _random.Next(depth > 0 ? 6 : 4) switch
    {
        0 => Google.Protobuf.WellKnownTypes.Value.ForNull(),
        1 => Google.Protobuf.WellKnownTypes.Value.ForBool(Coin()),
        2 => Google.Protobuf.WellKnownTypes.Value.ForNumber(double.IsFinite(Double()) ? 1.25 : -3),
        3 => Google.Protobuf.WellKnownTypes.Value.ForString(Text()),
        4 => Google.Protobuf.WellKnownTypes.Value.ForList(Value(depth - 1), Value(depth - 1)),
        _ => Google.Protobuf.WellKnownTypes.Value.ForStruct(new Struct { Fields = { ["k" + Text()] = Value(depth - 1) } }),
    };

    private Timestamp Time() => _random.Next(4) switch
    {
        0 => new Timestamp(),
        1 => new Timestamp { Seconds = -62135596800 },
        2 => new Timestamp { Seconds = 253402300799, Nanos = 999_999_999 },
        _ => new Timestamp { Seconds = _random.NextInt64(-62135596800, 253402300799), Nanos = _random.Next(1000) * 1_000_000 },
    };

    private Duration Span() => _random.Next(4) switch
    {
        0 => new Duration(),
        1 => new Duration { Seconds = -315576000000 },
        2 => new Duration { Nanos = -1 },
        _ => new Duration { Seconds = _random.Next(), Nanos = _random.Next(1_000_000) * 1000 },
    };

    // Numbers without a name have to survive too.
    private Colour Colour() => Pick(Shapes.Colour.Unspecified, Shapes.Colour.Red, Shapes.Colour.Blue, (Colour)77);

    private ByteString Bytes()
    {
        var bytes = new byte[_random.Next(5)];
        _random.NextBytes(bytes);
        return ByteString.CopyFrom(bytes);
    }

    private bool Coin() => _random.Next(2) == 0;

    private long Long() => Pick(Longs);

    private double Double() => Pick(Doubles);

    private string Text() => Pick(Texts);

    private T Pick<T>(params T[] values) => values[_random.Next(values.Length)];

    private void Repeat(Action add)
    {
        for (var count = _random.Next(4); count > 0; count--)
            add();
    }
}
