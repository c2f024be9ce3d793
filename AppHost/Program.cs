Console.WriteLine("no mesh yet");
