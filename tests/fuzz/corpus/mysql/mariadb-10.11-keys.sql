CREATE TABLE `keys` (
  `a` int(11) NOT NULL,
  `b` int(11) NOT NULL,
  `c` varchar(300) DEFAULT NULL,
  `d` text DEFAULT NULL,
  PRIMARY KEY (`a`,`b`),
  UNIQUE KEY `u1` (`b`),
  UNIQUE KEY `u2` (`c`(10),`a`),
  KEY `k1` (`a`),
  KEY `k2` (`c`(5),`d`(20)),
  KEY `k3` (`a`,`b`) USING BTREE,
  FULLTEXT KEY `f1` (`c`,`d`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci