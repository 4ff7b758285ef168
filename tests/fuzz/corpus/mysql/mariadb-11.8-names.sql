CREATE TABLE `names` (
  `a b` int(11) DEFAULT NULL,
  `select` int(11) DEFAULT NULL,
  `a``b` int(11) DEFAULT NULL,
  `c"d` int(11) DEFAULT NULL,
  `e,f)` int(11) DEFAULT NULL,
  `é` int(11) DEFAULT NULL,
  `PARTITION` int(11) DEFAULT NULL,
  UNIQUE KEY `u``q` (`e,f)`),
  KEY `k,1` (`a b`),
  KEY `select` (`select`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_uca1400_ai_ci